import { isIP } from 'node:net';
import { z } from 'zod';

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .refine((value) => value >= min && value <= max)
    .meta({ allowed: `a whole number from ${min} to ${max}` });

const factor = () =>
  z
    .string()
    .regex(/^\d{1,3}(\.\d{1,3})?$/)
    .transform(Number)
    .meta({ allowed: 'a number as 0.5 or 20, below 1000' });

const choice = <const T extends [string, ...string[]]>(...values: T) =>
  z.enum(values).meta({ allowed: `one of ${values.join(', ')}` });

const flag = () =>
  z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .meta({ allowed: 'true or false' });

const text = () => z.string().meta({ allowed: 'a text' });

const secret = (minLength: number) =>
  z
    .string()
    .min(minLength)
    .regex(/^[\x21-\x7e]*$/)
    .meta({ allowed: `a secret of at least ${minLength} visible ASCII characters` });

const uri = (...schemes: string[]) =>
  z
    .string()
    .refine((value) => schemes.some((scheme) => value.startsWith(scheme) && value.length > scheme.length))
    .meta({ allowed: `an address that starts with ${schemes.join(' or ')}` });

const ipAddress = () =>
  z
    .string()
    .refine((value) => isIP(value) !== 0)
    .meta({ allowed: 'an IPv4 or IPv6 address' });

const isOrigin = (value: string): boolean => URL.canParse(value) && new URL(value).origin === value;

const origins = () =>
  z
    .string()
    .transform((value) => value.split(',').map((origin) => origin.trim()))
    .refine((list) => list.every(isOrigin))
    .meta({ allowed: 'origins as https://chat.example.org, separated by commas' });

const subnets = () =>
  z
    .string()
    .transform((value) => value.split(',').map((part) => toSubnet(part.trim())))
    .refine((list) => list.every((subnet) => subnet !== null))
    .meta({ allowed: 'addresses or subnets as 127.0.0.1 or 10.0.0.0/8, separated by commas' });

function toSubnet(text: string): { address: string; prefix: number } | null {
  const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)]!;
  const length = Number(prefix ?? bits);
  return bits > 0 && length <= bits ? { address, prefix: length } : null;
}

/** Every setting, one line of doc each. Absent and empty are the same. */
export const EnvSchema = z.object({
  NODE_ENV: choice('development', 'test', 'production')
    .default('development')
    .describe('In production the signing key must be given.'),
  PORT: integer(0, 65_535).default(3000).describe('TCP port to listen on; 0 takes any free one.'),
  NESTIM_HOST: text()
    .default('127.0.0.1')
    .describe('Address to listen on; 0.0.0.0 is every IPv4 interface. Put TLS in front before you open it.'),
  NESTIM_DATA_DIR: text()
    .default('./data')
    .describe('Folder of the embedded store and of the signing key made at first start.'),
  MONGODB_URI: uri('mongodb://', 'mongodb+srv://')
    .optional()
    .describe(
      'A MongoDB (a replica set, 7.0 or later) instead of the embedded store; database nestim unless it names one.',
    ),
  REDIS_URL: uri('redis://', 'rediss://')
    .optional()
    .describe('A Redis for more than one node; one node needs none.'),
  NESTIM_ADMIN_TOKEN: secret(32)
    .optional()
    .describe(
      'Opens the admin routes and /metrics to who presents it; without it the admin routes answer 404.',
    ),
  NESTIM_TOKEN_KEY: secret(32)
    .optional()
    .describe('Signs access tokens; required in production, otherwise made once in the data folder.'),
  NESTIM_OPEN_REGISTRATION: flag().default(true).describe('Whether anyone may register.'),
  NESTIM_CORS_ORIGINS: origins()
    .default([])
    .describe('Web origins that browsers may call from; none unless told.'),
  NESTIM_PAGES_DIR: text()
    .default('./pages')
    .describe('Folder of web pages that anyone may read at /pages/; it need not exist.'),
  NESTIM_RATE_LIMIT_FACTOR: factor()
    .optional()
    .describe(
      'Times the limits of docs/operations.md; 0 switches them off. Unset: 1, and free for who comes straight from this machine.',
    ),
  NESTIM_TRUSTED_PROXIES: subnets()
    .default([])
    .describe('Proxies whose X-Forwarded-For is believed; nobody is unless told.'),
  NESTIM_ACCESS_TOKEN_TTL_SECONDS: integer(60, 86_400).default(3600).describe('Life of an access token.'),
  NESTIM_REFRESH_TOKEN_TTL_SECONDS: integer(3600, 31_536_000)
    .default(2_592_000)
    .describe('Life of a login that is not refreshed.'),
  NESTIM_MAX_GROUP_MEMBERS: integer(2, 100_000).default(10_000).describe('Most members of one group.'),
  NESTIM_MAX_PAYLOAD_BYTES: integer(65_536, 16_777_216)
    .default(1_048_576)
    .describe('Largest REST body and largest socket packet.'),
  NESTIM_CONSISTENCY_AT_START: choice('off', 'warn', 'strict')
    .default('warn')
    .describe('Check of the data at start: none, log what it finds, or stop the start on a finding.'),
  NESTIM_CONSISTENCY_START_BUDGET_MS: integer(100, 600_000)
    .default(5000)
    .describe('Longest time that the check at start takes.'),
  NESTIM_CONSISTENCY_INTERVAL_MINUTES: integer(0, 10_080)
    .default(360)
    .describe('Time between whole checks of the data; 0 makes none.'),
  NESTIM_LOG_LEVEL: choice('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent')
    .default('info')
    .describe('Least severe level that is logged; debug adds every request.'),
  NESTIM_LOG_HOST: flag().default(true).describe('Whether log lines carry the host address.'),
  NESTIM_HOST_IP: ipAddress()
    .optional()
    .describe('Address that this node calls itself by; else POD_IP, HOST_IP, an interface.'),
  POD_IP: ipAddress()
    .optional()
    .describe('Set by Kubernetes deployments; used when NESTIM_HOST_IP is not set.'),
  HOST_IP: ipAddress().optional().describe('Used when neither NESTIM_HOST_IP nor POD_IP is set.'),
});

/** The parsed settings, by the names of their variables. */
export type Env = z.infer<typeof EnvSchema>;
