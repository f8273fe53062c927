import type { Message } from '@nestim/sdk';
import { aGroup, aUser, type Person } from './support/factories.js';
import { type Link, startLink } from './support/link.js';
import { randomFrom } from './support/random.js';
import { endSdkStory, sdkOnline, type Watched } from './support/sdk.js';
import { type ServerProcess, startServer } from './support/server-process.js';

/** `CHAOS_ACTIONS=5000 CHAOS_SEED=7 npm test -- test/sdk-chaos` is the long form. */
const ACTIONS = Number(process.env.CHAOS_ACTIONS ?? 100);
const SEED = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);

interface Device {
  person: Person;
  link: Link;
  client: Watched;
}

let server: ServerProcess;
const links: Link[] = [];
beforeAll(async () => {
  server = await startServer();
});
afterEach(endSdkStory);
afterAll(async () => {
  await Promise.all(links.map((link) => link.close()));
  await server.stop();
});

async function aDevice(person: Person): Promise<Device> {
  const link = await startLink(server.port);
  links.push(link);
  // Told-apart answers are lost in this story: waiting long for them proves nothing.
  return { person, link, client: await sdkOnline(link, person, { timeoutMs: 2_000 }) };
}

it(
  `whatever breaks in between, every device ends up with what the server has (seed ${SEED})`,
  async () => {
    const random = randomFrom(SEED);
    const below = (n: number): number => Math.floor(random() * n);
    const pick = <T>(items: readonly T[]): T => items[below(items.length)]!;
    const people = await Promise.all(['ann', 'bob', 'eve', 'joe'].map((name) => aUser(server, name)));
    const groups = [await aGroup(people[0]!, people), await aGroup(people[1]!, people.slice(0, 3))];
    const devices = await Promise.all([...people, people[0]!].map(aDevice));
    const sends: Promise<Message | string>[] = [];

    const send = ({ client }: Device): void => {
      const to = random() < 0.5 ? pick(groups) : pick(people);
      const content = { text: String(sends.length) };
      const sent = client.messages.send({ to, type: 'text', content });
      sends.push(sent.catch((error: { code: string }) => error.code));
    };
    const read = ({ client }: Device): void => {
      const conversation = pick(client.conversations.list());
      if (conversation)
        client.conversations
          .read(conversation.conversationId, below(conversation.maxSeq + 2))
          .catch(() => undefined);
    };
    const move = async ({ person }: Device): Promise<void> => {
      const verb = pick(['join', 'leave']);
      await person.api.call('POST', `/groups/${pick(groups).groupId}/${verb}`);
    };
    const repair = ({ link }: Device): void => {
      // A wire that has lost something is dead; a whole one only has to be plugged in.
      if (link.muted) link.cut();
      link.unmute();
      link.mend();
    };
    const breakOrRepair = (device: Device): void => {
      pick([device.link.cut, device.link.mute, () => repair(device), () => repair(device)])();
    };
    for (let action = 0; action < ACTIONS; action++) {
      const device = pick(devices);
      const chance = random();
      if (chance < 0.55) send(device);
      else if (chance < 0.7) read(device);
      else if (chance < 0.8) await move(device);
      else breakOrRepair(device);
      if (random() < 0.3) await pick(people).api.get('/conversations');
    }
    devices.forEach(repair);
    const answers = await Promise.all(sends);
    const refused = answers.filter((answer) => typeof answer === 'string');
    expect(refused.filter((code) => !['NOT_A_MEMBER', 'CONVERSATION_NOT_FOUND'].includes(code))).toEqual([]);
    const places = answers
      .filter((answer) => typeof answer !== 'string')
      .map(({ conversationId, seq }) => `${conversationId} ${seq}`);
    expect(new Set(places).size).toBe(places.length);
  },
  60_000 + ACTIONS * 100,
);
