import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { CLIENT_EVENTS, ERRORS, SERVER_EVENTS } from '@nestim/protocol';
import { Ajv, type AnySchemaObject } from 'ajv';
import addFormats from 'ajv-formats';

interface AsyncApi {
  channels: Record<string, { messages: Record<string, { name: string; payload: AnySchemaObject }> }>;
  operations: Record<string, { action: string; messages: { $ref: string }[]; 'x-errors'?: string[] }>;
}

interface OpenApi {
  paths: Record<string, Record<string, { 'x-errors': string[] }>>;
}

const read = async <T>(file: string): Promise<T> => JSON.parse(await readFile(file, 'utf8')) as T;

/** What a local reference names, or undefined. */
const resolved = (document: unknown, ref: string): unknown =>
  ref
    .slice(2)
    .split('/')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);

const references = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' ? [inner as string] : references(inner),
  );
};

describe('the API documents', () => {
  let asyncApi: AsyncApi;
  let openApi: OpenApi;

  beforeAll(async () => {
    asyncApi = await read('docs/api/asyncapi.json');
    openApi = await read('docs/api/openapi.json');
  });

  const events = (action: string): string[] =>
    Object.values(asyncApi.operations)
      .filter((operation) => operation.action === action)
      .flatMap(({ messages }) => messages)
      .map(({ $ref }) => (resolved(asyncApi, $ref) as { name: string }).name);

  it('AsyncAPI: the official schema of the specification accepts it', async () => {
    const specification = createRequire(import.meta.url)(
      '@asyncapi/specs/schemas/3.0.0-without-$id.json',
    ) as object;
    const ajv = new Ajv({ strict: false, allErrors: true });
    addFormats.default(ajv);
    const isValid = ajv.compile(specification);
    isValid(asyncApi);
    expect(isValid.errors).toBeNull();
  });

  it('every reference in them leads somewhere', () => {
    for (const document of [asyncApi, openApi]) {
      const all = references(document);
      expect(all.length).toBeGreaterThan(50);
      expect(all.filter((ref) => resolved(document, ref) === undefined)).toEqual([]);
    }
  });

  it('AsyncAPI holds every event that a gateway takes, and no other', async () => {
    const files = (await readdir('dist/modules', { recursive: true })).filter((f) =>
      f.endsWith('.gateway.js'),
    );
    const gateways: { prototype: object }[] = [];
    for (const file of files) {
      gateways.push(...Object.values((await import(resolve('dist/modules', file))) as typeof gateways));
    }
    const handlers = gateways.flatMap(({ prototype }) =>
      Object.values(Object.getOwnPropertyDescriptors(prototype)),
    );
    const taken = handlers.flatMap(
      ({ value }) => (Reflect.getMetadata('message', value as object) as string) ?? [],
    );
    expect(taken).toContain('message:send');
    expect(events('receive').sort()).toEqual(['auth', ...taken].sort());
    expect(taken.sort()).toEqual(Object.keys(CLIENT_EVENTS).sort());
  });

  it('AsyncAPI holds every event that the server sends', () => {
    expect(events('send')).toEqual(Object.keys(SERVER_EVENTS));
  });

  it('every error code is one that a route, an event or the handshake names', () => {
    const operations = [
      ...Object.values(openApi.paths).flatMap(Object.values),
      ...Object.values(asyncApi.operations),
    ];
    const named = new Set(
      operations.flatMap((operation) => (operation as { 'x-errors'?: string[] })['x-errors'] ?? []),
    );
    expect(Object.keys(ERRORS).filter((code) => !named.has(code))).toEqual([]);
  });
});

it('the check names a stale document and how to mend it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nestim-documents-'));
  await cp('docs/api', join(folder, 'docs/api'), { recursive: true });
  await writeFile(join(folder, 'docs/api/asyncapi.json'), '{}\n');
  const check = promisify(execFile)(process.execPath, [resolve('dist/cli/api-documents.js'), '--check'], {
    cwd: folder,
  });
  await expect(check).rejects.toMatchObject({
    code: 1,
    stderr: 'docs/api/asyncapi.json is stale: run npm run gen\n',
  });
  await rm(folder, { recursive: true });
});
