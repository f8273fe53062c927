import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Schema } from 'mongoose';

/** Every mongoose schema of the features, from the build. */
async function schemas(): Promise<Schema[]> {
  const files = await readdir('dist/modules', { recursive: true });
  const modules = await Promise.all(
    files
      .filter((file) => file.endsWith('.schema.js'))
      .map((file) => import(resolve('dist/modules', file)) as Promise<Record<string, unknown>>),
  );
  return modules.flatMap((exported) => Object.values(exported).filter((value) => value instanceof Schema));
}

const uniqueKeys = (all: Schema[]): string[] =>
  all.flatMap((schema) =>
    schema
      .indexes()
      .filter(([, options]) => options.unique)
      .map(([keys]) => `${schema.get('collection')}: ${Object.keys(keys).join(', ')}`),
  );

it('R71: the data model documents every uniqueness rule, and none that is not there', async () => {
  const page = await readFile('docs/data-model.md', 'utf8');
  const table = page.slice(page.indexOf('## What is unique'), page.indexOf('## Collections'));
  const documented = [...table.matchAll(/^\| `(\w+)` \| ([^|]*)\|/gm)].map(([, collection, keys]) => {
    const fields = [...keys!.matchAll(/`(\w+)`/g)].map(([, field]) => field);
    return `${collection}: ${fields.join(', ')}`;
  });
  const unique = uniqueKeys(await schemas());
  expect(unique).toContain('conversations: ownerId, channelId, channelType');
  expect(documented.sort()).toEqual(unique.sort());
});
