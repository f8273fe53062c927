import type { OpenAPIObject } from '@nestjs/swagger';
import { ErrorBody, type ErrorCode, ERRORS } from '@nestim/protocol';
import { z } from 'zod';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & { 'x-errors'?: ErrorCode[] };

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** What the guard and the limits answer, by the kind of access that a route wants. */
const GUARD_ERRORS: Record<string, ErrorCode[]> = {
  bearer: ['UNAUTHENTICATED', 'TOKEN_EXPIRED', 'SESSION_REVOKED', 'USER_DISABLED', 'TOO_MANY_REQUESTS'],
  admin: ['UNAUTHENTICATED', 'NOT_FOUND', 'TOO_MANY_REQUESTS'],
};

/** What any route may answer: the path is decoded and the body parsed before a route is met. */
const ANY_ROUTE: ErrorCode[] = ['BAD_REQUEST', 'PAYLOAD_TOO_LARGE', 'INTERNAL'];

/** Adds to each route the errors that it may answer: its own (`@ApiErrors`), the guard's, and those of any route. */
export function describeErrors(document: OpenAPIObject): OpenAPIObject {
  const components = (document.components ??= {});
  const schema = z.toJSONSchema(ErrorBody, { io: 'input', target: 'openapi-3.0' }) as object;
  components.schemas = { ...components.schemas, ErrorBody: schema };
  const responses: Record<string, object> = (components.responses ??= {});

  const describe = (operation: Operation): void => {
    const guards = (operation.security ?? []).flatMap(Object.keys);
    const guarded = guards.flatMap((guard) => GUARD_ERRORS[guard]!);
    const codes = [...new Set([...(operation['x-errors'] ?? []), ...guarded, ...ANY_ROUTE])];
    operation['x-errors'] = codes;
    for (const status of new Set(codes.map(statusOf))) {
      const group = codes.filter((code) => statusOf(code) === status);
      // Routes that answer the same codes share a response.
      const name = group.join('.');
      responses[name] ??= responseOf(group);
      operation.responses[status] = { $ref: `#/components/responses/${name}` };
    }
  };
  for (const path of Object.values(document.paths)) {
    for (const method of METHODS) if (path[method]) describe(path[method]);
  }
  return document;
}

const statusOf = (code: ErrorCode): number => ERRORS[code].status;

const RETRY_AFTER = { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } } };

const responseOf = (codes: ErrorCode[]): object => ({
  description: codes.map((code) => `${code}: ${ERRORS[code].message}`).join(' '),
  ...(codes.includes('TOO_MANY_REQUESTS') && { headers: RETRY_AFTER }),
  content: {
    'application/json': {
      schema: {
        allOf: [
          { $ref: '#/components/schemas/ErrorBody' },
          { properties: { error: { properties: { code: { enum: codes } } } } },
        ],
      },
    },
  },
});
