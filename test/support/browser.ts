import { accessSync, constants } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { eventually } from './wait.js';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** A browser without a window; the distribution's own, nothing is downloaded. */
export async function startBrowser(): Promise<Browser> {
  try {
    accessSync(CHROMIUM, constants.X_OK);
  } catch {
    throw new Error(`${CHROMIUM} is missing: this test needs it; install chromium, or say where by CHROMIUM`);
  }
  // Chromium's sandbox refuses to run as root; it opens our own pages only.
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}

/** Opens a tab at `url` that answers the page's prompts in their order, anew after a reload; throws what it does not catch. */
export async function openTab(context: BrowserContext, url: string, answers: string[]): Promise<Page> {
  const page = await context.newPage();
  let asked = 0;
  page.on('dialog', (dialog) => void dialog.accept(answers[asked++ % answers.length]));
  page.on('pageerror', (error) => {
    throw error;
  });
  await page.goto(url);
  return page;
}

/** Waits until the page's title is `title`. */
export const titled = (page: Page, title: string): Promise<unknown> =>
  eventually(async () => (await page.title()) === title, `the title ${title}`);
