import { CommandError, ErrorCode } from '../errors.js';
import type { ReadCommand } from './request.js';

/** Known only to a server started for tests, as MongoDB's `enableTestCommands`. */
export const configureFailPoint: ReadCommand = {
  fields: ['mode', 'data'],
  run: ({ engine, request, reply }) => {
    if (!engine.failPoints)
      throw new CommandError(ErrorCode.CommandNotFound, `no such command: '${request.name}'`);
    if (request.db !== 'admin')
      throw new CommandError(
        ErrorCode.Unauthorized,
        `${request.name} may only be run against the admin database.`,
      );
    const count = engine.failPoints.configure(
      request.string(request.name) ?? '',
      request.get('mode'),
      request.object('data'),
    );
    reply.count('count', count);
  },
};
