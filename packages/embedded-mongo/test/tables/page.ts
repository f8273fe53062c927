import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildTables } from './build-tables.js';

/** The page that shows what the store supports. */
export const PAGE = fileURLToPath(new URL('../../../../docs/embedded-store.md', import.meta.url));

const BEGIN = '<!-- tables: npm run tables -w @nestim/embedded-mongo -->';
const END = '<!-- end of tables -->';

/** The page as it is, and as it is with tables made of today's code. */
export function readPage(): { now: string; wanted: string } {
  const now = readFileSync(PAGE, 'utf8');
  const begin = now.indexOf(BEGIN);
  const end = now.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${PAGE} has no place for the tables`);
  const wanted = `${now.slice(0, begin + BEGIN.length)}\n\n${buildTables()}\n\n${now.slice(end)}`;
  return { now, wanted };
}
