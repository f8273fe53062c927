import { existsSync } from 'node:fs';
import { StartError } from '../common/start-error.js';
import { AppConfig } from './app-config.js';
import { EnvSchema } from './env.schema.js';

type SettingName = keyof typeof EnvSchema.shape;

const isSetting = (name: string): name is SettingName => name in EnvSchema.shape;

/** What values a setting takes, in words. */
export function allowedValues(name: SettingName): string {
  let schema: { meta(): object | undefined; unwrap?: () => unknown } = EnvSchema.shape[name];
  for (;;) {
    const { allowed } = (schema.meta() ?? {}) as { allowed?: string };
    if (allowed !== undefined || !schema.unwrap) return allowed ?? 'another value';
    schema = schema.unwrap() as typeof schema;
  }
}

/** The environment, and below it the `.env` of the working folder, if there is one. */
export function readEnvironment(): NodeJS.ProcessEnv {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

/**
 * Parses the settings. Values are never repeated in messages: some are secrets.
 * @returns the config, and the `NESTIM_*` variables that no setting has, for a warning
 * @throws StartError naming every bad variable and what is allowed
 */
export function loadConfig(environment: NodeJS.ProcessEnv): { config: AppConfig; unknown: string[] } {
  const given = Object.entries(environment).filter(([, value]) => value !== undefined && value !== '');
  const unknown = given
    .map(([name]) => name)
    .filter((name) => name.startsWith('NESTIM_') && !isSetting(name));
  const result = EnvSchema.safeParse(Object.fromEntries(given));
  const problems = result.error?.issues.map((issue) => {
    const name = String(issue.path[0]) as SettingName;
    return `${name} must be ${allowedValues(name)}`;
  });
  if (result.data?.NODE_ENV === 'production' && result.data.NESTIM_TOKEN_KEY === undefined) {
    throw badSettings([
      `NESTIM_TOKEN_KEY must be ${allowedValues('NESTIM_TOKEN_KEY')} when NODE_ENV is production`,
    ]);
  }
  if (!result.success) throw badSettings([...new Set(problems)]);
  return { config: new AppConfig(result.data), unknown };
}

const badSettings = (problems: string[]): StartError =>
  new StartError(`bad settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
