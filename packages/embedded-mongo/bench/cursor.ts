import { openStore } from './store.js';

export interface CursorMemory {
  readonly documents: number;
  readonly seconds: number;
  /** The most bytes that the store's process had more than before, of its own and as pages of the database's file. */
  readonly own: number;
  readonly file: number;
}

/** Reads a whole collection through one cursor from a store that has just started. */
export async function cursorMemory(dbPath: string): Promise<CursorMemory> {
  const { messages, server, close } = await openStore(dbPath);
  await messages.findOne();
  const before = await server.usage();
  const started = performance.now();
  let documents = 0;
  const peak = await server.peak(async () => {
    for await (const _ of messages.find()) documents++;
  });
  const seconds = (performance.now() - started) / 1000;
  await close();
  return { documents, seconds, own: peak.own - before.own, file: peak.file - before.file };
}
