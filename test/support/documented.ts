import { readFileSync } from 'node:fs';
import { CLIENT_EVENTS, type ClientEvent, errorsOf, HANDSHAKE_ERRORS } from '@nestim/protocol';

interface OpenApi {
  paths: Record<string, Record<string, { 'x-errors': string[] }>>;
}

const { paths } = JSON.parse(readFileSync('docs/api/openapi.json', 'utf8')) as OpenApi;
const routes = Object.entries(paths).map(([template, operations]) => ({
  pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  // `/users/me` is also a `/users/{userId}`.
  parameters: template.split('{').length,
  operations,
}));
routes.sort((a, b) => a.parameters - b.parameters);

/** Every refusal that a test meets must be one that the route's document names. */
export function assertDocumentedRefusal(method: string, path: string, code: string): void {
  const pathname = path.split('?')[0]!;
  const route = routes.find(
    ({ pattern, operations }) => pattern.test(pathname) && operations[method.toLowerCase()],
  );
  const documented = route?.operations[method.toLowerCase()]?.['x-errors'] ?? ['NOT_FOUND'];
  assertAmong(documented, `${method} ${path}`, code);
}

/** As {@link assertDocumentedRefusal}, for an event. */
export function assertDocumentedAck(event: string, code: string): void {
  const documented = Object.hasOwn(CLIENT_EVENTS, event) ? errorsOf(event as ClientEvent) : ['UNKNOWN_EVENT'];
  assertAmong(documented, event, code);
}

/** As {@link assertDocumentedRefusal}, for a handshake. */
export const assertDocumentedConnectError = (code: string): void =>
  assertAmong(HANDSHAKE_ERRORS, 'the handshake', code);

function assertAmong(documented: readonly string[], request: string, code: string): void {
  if (!documented.includes(code)) throw new Error(`${request} answered ${code}: document that, or mend it`);
}
