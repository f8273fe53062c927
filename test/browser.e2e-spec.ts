import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openTab, startBrowser, titled } from './support/browser.js';
import { type Person, register } from './support/factories.js';
import { blockOf } from './support/readme.js';
import { endSdkStory, sdkOnline } from './support/sdk.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { eventually } from './support/wait.js';

const PASSWORD = 'correct horse';

describe('the page of the README', () => {
  let pages: string;
  let server: ServerProcess;
  let browser: Browser;
  let ada: Person;
  let bob: Person;
  let contexts: BrowserContext[];
  beforeAll(async () => {
    pages = await mkdtemp(join(tmpdir(), 'nestim-pages-'));
    await writeFile(join(pages, 'chat.html'), await blockOf('README.md', 'html'));
    browser = await startBrowser();
    server = await startServer({ env: { NESTIM_PAGES_DIR: pages } });
    [ada, bob] = await Promise.all([register(server, 'ada', PASSWORD), register(server, 'bob', PASSWORD)]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(pages, { recursive: true, force: true });
  });
  beforeEach(async () => {
    contexts = await Promise.all([browser.newContext(), browser.newContext()]);
  });
  afterEach(async () => {
    await endSdkStory();
    await Promise.all(contexts.map((context) => context.close()));
  });

  const open = async (context: BrowserContext, me: Person, other: Person): Promise<Page> => {
    const answers = [me.user.username!, PASSWORD, other.userId];
    const page = await openTab(context, `${server.url}/pages/chat.html`, answers);
    await titled(page, 'online');
    return page;
  };
  const openBoth = (): Promise<[Page, Page]> =>
    Promise.all([open(contexts[0]!, ada, bob), open(contexts[1]!, bob, ada)]);
  const say = async (page: Page, text: string): Promise<void> => {
    await page.fill('input', text);
    await page.click('button');
  };
  const shows = (page: Page, lines: string[]): Promise<unknown> =>
    eventually(
      async () => {
        expect(await page.locator('li').allTextContents()).toEqual(lines);
        return true;
      },
      `a page to show ${lines.join(', ')}`,
    );
  const lastStored = async (limit: number): Promise<unknown[]> => {
    const client = await sdkOnline(server, ada);
    const [conversation] = client.conversations.list();
    const { messages } = await client.conversations.history(conversation!.conversationId, { limit });
    return messages.map(({ senderId, content }) => `${senderId}: ${content.text}`);
  };

  it('talks; without a network nothing is lost, and nothing comes twice after it', async () => {
    const [one, two] = await openBoth();
    await say(one, 'Hello Bob');
    await shows(two, [`${ada.userId}: Hello Bob`]);
    await say(two, 'Hello Ada');
    const said = [`${ada.userId}: Hello Bob`, `${bob.userId}: Hello Ada`];
    await Promise.all([shows(one, said), shows(two, said)]);

    await contexts[1]!.setOffline(true);
    await titled(two, 'offline');
    for (const text of ['Are you', 'still there?']) {
      await say(one, text);
      said.push(`${ada.userId}: ${text}`);
    }
    await shows(one, said);
    for (const text of ['I was', 'in a tunnel']) {
      await say(two, text);
      said.push(`${bob.userId}: ${text}`);
    }
    await shows(two, said.slice(0, 2));
    await contexts[1]!.setOffline(false);
    await Promise.all([shows(one, said), shows(two, said)]);
    expect(await lastStored(10)).toEqual(said);
  });

  it('sends what it had not sent when it was left, once it is opened again', async () => {
    const [one, two] = await openBoth();
    await contexts[1]!.setOffline(true);
    await titled(two, 'offline');
    await say(two, 'wait for me');
    await eventually(
      () => two.evaluate<boolean>("JSON.stringify(localStorage).includes('wait for me')"),
      'the message to be kept',
    );
    await two.close();
    await contexts[1]!.setOffline(false);
    await shows(one, []);
    const again = await open(contexts[1]!, bob, ada);
    const said = [`${bob.userId}: wait for me`];
    await Promise.all([shows(one, said), shows(again, said)]);
    await eventually(() => again.evaluate<boolean>('localStorage.length === 0'), 'nothing to be kept');
    await again.reload();
    await titled(again, 'online');
    await say(one, 'welcome');
    await shows(again, [`${ada.userId}: welcome`]);
    expect(await lastStored(2)).toEqual([...said, `${ada.userId}: welcome`]);
  });
});
