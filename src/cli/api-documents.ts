import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppModule } from '../app.module.js';
import { loadConfig } from '../config/load-config.js';
import { setPaths } from '../configure-app.js';
import { asyncApiDocument } from '../infra/api-docs/asyncapi.js';
import { openApiDocument } from '../infra/api-docs/openapi.js';
import { HostIdentity } from '../infra/host-identity/host-identity.js';

const FOLDER = 'docs/api';

/** The API documents by file name. Nothing is started: the routes are read off the controllers. */
async function documents(): Promise<Record<string, string>> {
  const { config } = loadConfig({});
  const root = AppModule.of(config, HostIdentity.resolve(config.host));
  const app = await NestFactory.create(root, { preview: true, logger: false, abortOnError: false });
  setPaths(app);
  const text = (document: object): string => `${JSON.stringify(document, null, 2)}\n`;
  return { 'openapi.json': text(openApiDocument(app)), 'asyncapi.json': text(asyncApiDocument()) };
}

async function write(): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  for (const [name, text] of Object.entries(await documents())) await writeFile(join(FOLDER, name), text);
}

async function check(): Promise<void> {
  for (const [name, text] of Object.entries(await documents())) {
    const file = join(FOLDER, name);
    if ((await readFile(file, 'utf8').catch(() => '')) === text) continue;
    console.error(`${file} is stale: run npm run gen`);
    process.exitCode = 1;
  }
}

await (process.argv.includes('--check') ? check() : write());
