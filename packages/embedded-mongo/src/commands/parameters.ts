import { T } from '../bson/types.js';
import { elementsOf, findByName, isTruthy, readString } from '../bson/value.js';
import { CommandError, ErrorCode } from '../errors.js';
import { serverParameters } from '../parameters.js';
import { isGeneric } from './generic-arguments.js';
import type { Command } from './request.js';

const invalid = (message: string) => new CommandError(ErrorCode.InvalidOptions, message);

export const getParameter: Command = {
  adminOnly: true,
  anyField: true,
  run: ({ engine, request, reply }) => {
    const form = request.get('getParameter')!;
    const details = form.type === T.object && isTruthy(findByName(form, 'showDetails'));
    const all =
      form.type === T.object
        ? isTruthy(findByName(form, 'allParameters'))
        : form.type === T.string && readString(form) === '*';
    let found = false;
    for (const [name, parameter] of serverParameters(engine.settings)) {
      if (!all && !request.get(name)) continue;
      found = true;
      if (!details) {
        reply.value(name, parameter.get());
        continue;
      }
      const detail = reply.beginObject(name);
      reply.value('value', parameter.get());
      reply.bool('settableAtRuntime', parameter.set !== undefined);
      reply.bool('settableAtStartup', false);
      reply.end(detail);
    }
    if (!found) throw invalid('no option found to get');
  },
};

export const setParameter: Command = {
  adminOnly: true,
  anyField: true,
  run: ({ engine, request, reply }) => {
    const parameters = serverParameters(engine.settings);
    const given = elementsOf(request.body).filter(({ name }) => name !== request.name && !isGeneric(name));
    if (given.length === 0) throw invalid('no option found to set, use help:true to see options ');
    for (const value of given) {
      const parameter = parameters.get(value.name);
      if (!parameter) {
        throw invalid(
          `attempted to set unrecognized parameter [${value.name}], use help:true to see options `,
        );
      }
      if (!parameter.set) {
        throw new CommandError(
          ErrorCode.IllegalOperation,
          `not allowed to change [${value.name}] at runtime`,
        );
      }
      const was = parameter.get();
      parameter.set(value);
      reply.value('was', was);
    }
  },
};
