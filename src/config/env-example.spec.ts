import { readFileSync, writeFileSync } from 'node:fs';
import { EnvSchema } from './env.schema.js';
import { allowedValues } from './load-config.js';

type SettingName = keyof typeof EnvSchema.shape;

const FILE = '.env.example';

function render(): string {
  const entries = (Object.keys(EnvSchema.shape) as SettingName[]).map((name) => {
    const schema = EnvSchema.shape[name];
    const { description } = schema.meta() ?? {};
    expect([name, description]).toEqual([name, expect.stringMatching(/\.$/)]);
    const value: unknown = schema.parse(undefined);
    return `# ${description} (${allowedValues(name)})\n#${name}=${String(value ?? '')}\n`;
  });
  return ['# Every setting with its default; an empty one is as good as absent.\n', ...entries].join('\n');
}

it('.env.example agrees with the schema (UPDATE_ENV_EXAMPLE=1 rewrites it)', () => {
  if (process.env.UPDATE_ENV_EXAMPLE) writeFileSync(FILE, render());
  expect(readFileSync(FILE, 'utf8')).toBe(render());
});
