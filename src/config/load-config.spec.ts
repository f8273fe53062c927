import { StartError } from '../common/start-error.js';
import { presentsAdminToken } from './admin-token.js';
import { allowedValues, loadConfig } from './load-config.js';
import { EnvSchema } from './env.schema.js';

const refusal = (env: NodeJS.ProcessEnv): string => {
  try {
    loadConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(StartError);
    return (error as Error).message;
  }
  throw new Error('it was accepted');
};

describe('settings', () => {
  it('needs none', () => {
    const { config, unknown } = loadConfig({ PATH: '/bin' });
    expect(unknown).toEqual([]);
    expect(config).toMatchObject({ port: 3000, host: '127.0.0.1', corsOrigins: [], openRegistration: true });
  });

  it.each([
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', 'http', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number from 0 to 65535'],
    ['NODE_ENV', 'prod', 'one of development, test, production'],
    ['MONGODB_URI', 'localhost:27017', 'an address that starts with mongodb:// or mongodb+srv://'],
    ['REDIS_URL', 'localhost', 'an address that starts with redis:// or rediss://'],
    ['NESTIM_ADMIN_TOKEN', 'short', 'a secret of at least 32 visible ASCII characters'],
    ['NESTIM_ADMIN_TOKEN', 'a b '.repeat(10), 'a secret of at least 32 visible ASCII characters'],
    ['NESTIM_OPEN_REGISTRATION', 'yes', 'true or false'],
    ['NESTIM_CORS_ORIGINS', 'https://a.example,*', 'origins as https://chat.example.org'],
    ['NESTIM_CORS_ORIGINS', 'https://a.example/path', 'origins as https://chat.example.org'],
    ['NESTIM_LOG_LEVEL', 'loud', 'one of fatal'],
    ['NESTIM_HOST_IP', '10.0.0', 'an IPv4 or IPv6 address'],
    ['POD_IP', 'pod', 'an IPv4 or IPv6 address'],
    ['HOST_IP', '1.2.3.4:80', 'an IPv4 or IPv6 address'],
  ])(
    'refuses %s=%s naming (R31 for the addresses) it and what is allowed, not the value',
    (name, value, allowed) => {
      const message = refusal({ [name]: value });
      expect(message).toContain(`${name} must be ${allowed}`);
      expect(message).not.toContain(`"${value}"`);
    },
  );

  it('says what is allowed for every setting', () => {
    for (const name of Object.keys(EnvSchema.shape)) {
      expect([name, allowedValues(name as keyof typeof EnvSchema.shape)]).not.toContain('another value');
    }
  });

  it('names all bad settings at once', () => {
    expect(refusal({ PORT: 'x', NESTIM_LOG_HOST: 'x' }).match(/must be/g)).toHaveLength(2);
  });

  it('takes an empty variable as absent', () => {
    expect(loadConfig({ PORT: '', MONGODB_URI: '' }).config).toMatchObject({
      port: 3000,
      mongodbUri: undefined,
    });
  });

  it('wants the signing key in production', () => {
    expect(refusal({ NODE_ENV: 'production' })).toContain('NESTIM_TOKEN_KEY must be a secret');
    const key = 'k'.repeat(32);
    expect(loadConfig({ NODE_ENV: 'production', NESTIM_TOKEN_KEY: key }).config.tokenKey).toBe(key);
  });

  it('tells of NESTIM_ variables that no setting has', () => {
    expect(loadConfig({ NESTIM_PROT: '1', OTHER: '1' }).unknown).toEqual(['NESTIM_PROT']);
  });

  it('R31: prefers NESTIM_HOST_IP to POD_IP to HOST_IP', () => {
    const all = { NESTIM_HOST_IP: '10.0.0.1', POD_IP: '10.0.0.2', HOST_IP: '10.0.0.3' };
    expect(loadConfig(all).config.hostAddress).toBe('10.0.0.1');
    expect(loadConfig({ ...all, NESTIM_HOST_IP: '' }).config.hostAddress).toBe('10.0.0.2');
    expect(loadConfig({ HOST_IP: 'fe80::1' }).config.hostAddress).toBe('fe80::1');
  });

  it('believes cached state for a while only where other processes share the store', () => {
    expect(loadConfig({}).config.cacheTtlMs).toBe(0);
    expect(loadConfig({ MONGODB_URI: 'mongodb://db' }).config.cacheTtlMs).toBe(1000);
  });
});

describe('admin token', () => {
  const token = 'a'.repeat(32);
  const { config } = loadConfig({ NESTIM_ADMIN_TOKEN: token });

  it('is recognised, and nothing else is', () => {
    expect(presentsAdminToken(config, `Bearer ${token}`)).toBe(true);
    for (const header of [undefined, '', token, `Bearer ${token}a`, 'Bearer ', `Basic ${token}`]) {
      expect(presentsAdminToken(config, header)).toBe(false);
    }
    expect(presentsAdminToken(loadConfig({}).config, 'Bearer undefined')).toBe(false);
  });
});
