import { randomUUID } from 'node:crypto';
import { T } from '../bson/types.js';
import { elementsOf, type Value } from '../bson/value.js';
import { CommandError, ErrorCode, typeMismatch } from '../errors.js';
import { sessionArgs, type SessionArgs } from '../sessions/session-args.js';
import { sessionIdOf } from '../sessions/session-id.js';
import { SESSION_MINUTES, type Sessions } from '../sessions/sessions.js';
import type { Command, Request } from './request.js';

function transactionOf(request: Request): SessionArgs {
  if (request.db !== 'admin') {
    throw new CommandError(
      ErrorCode.Unauthorized,
      `${request.name} may only be run against the admin database.`,
    );
  }
  const args = sessionArgs(request);
  if (!args) throw new CommandError(ErrorCode.CommandFailed, "Transaction isn't in progress");
  return args;
}

export const commitTransaction: Command = {
  writes: true,
  fields: ['recoveryToken'],
  run: ({ engine, request }) => engine.sessions.commit(transactionOf(request)),
};

export const abortTransaction: Command = {
  writes: true,
  fields: ['recoveryToken'],
  run: ({ engine, request }) => engine.sessions.abort(transactionOf(request)),
};

export const startSession: Command = {
  run: ({ reply }) => {
    const id = reply.beginObject('id');
    reply.uuid('id', randomUUID());
    reply.end(id);
    reply.int('timeoutMinutes', SESSION_MINUTES);
  },
};

/** A command over a list of session ids in its own field. */
function overSessions(run: (sessions: Sessions, id: string) => void): Command {
  return {
    writes: true,
    run: ({ engine, request }) => {
      for (const lsid of listed(request)) run(engine.sessions, sessionIdOf(lsid));
    },
  };
}

function listed(request: Request): Value[] {
  const list = request.get(request.name);
  if (list?.type !== T.array) throw typeMismatch(`BSON field '${request.name}' must be an array of sessions`);
  return elementsOf(list);
}

export const endSessions = overSessions((sessions, id) => sessions.end(id));
export const refreshSessions = overSessions((sessions, id) => sessions.refresh(id));

/** An empty list kills all. */
export const killSessions: Command = {
  writes: true,
  run: ({ engine, request }) => {
    const ids = listed(request).map(sessionIdOf);
    if (ids.length === 0) engine.sessions.endAll();
    for (const id of ids) engine.sessions.end(id);
  },
};

export const killAllSessions: Command = {
  writes: true,
  run: ({ engine }) => engine.sessions.endAll(),
};
