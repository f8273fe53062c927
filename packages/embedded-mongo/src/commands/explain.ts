import { hostname } from 'node:os';
import { aggregate, checkPipeline } from '../aggregate/aggregate.js';
import { CommandError, ErrorCode } from '../errors.js';
import { writeStage } from '../query/explain-plan.js';
import { VERSION } from './admin.js';
import { explanationOf, type Explanation } from './explanation.js';
import { count, distinct, find } from './find.js';
import { findAndModify } from './find-and-modify.js';
import { checkArguments } from './generic-arguments.js';
import { Request, type Command, type CommandContext } from './request.js';
import { remove, update } from './write.js';

const EXPLAINABLE: Readonly<Record<string, Command>> = {
  find,
  count,
  distinct,
  aggregate,
  update,
  delete: remove,
  findAndModify,
  findandmodify: findAndModify,
};
const VERBOSITIES = ['queryPlanner', 'executionStats', 'allPlansExecution'];

/** `explain` of commands that read or change documents. Nothing is changed by it. */
export const explain: Command = {
  fields: ['verbosity'],
  run: (context) => {
    const { request, reply, scope } = context;
    const command = request.object('explain');
    if (!command) throw request.missing('explain');
    const verbosity = request.string('verbosity') ?? 'allPlansExecution';
    if (!VERBOSITIES.includes(verbosity)) {
      throw new CommandError(
        ErrorCode.BadValue,
        `Enumeration value '${verbosity}' for field 'explain.verbosity' is not a valid value.`,
      );
    }
    const inner = new Request(command, new Map(), request.db);
    const explainable = Object.hasOwn(EXPLAINABLE, inner.name) ? EXPLAINABLE[inner.name] : undefined;
    if (!explainable) {
      throw new CommandError(
        ErrorCode.CommandNotFound,
        `Explain failed due to unknown command: ${inner.name}`,
      );
    }
    checkArguments(inner, explainable, null);
    if (inner.name === 'aggregate') checkPipeline(inner, scope);
    const ns = inner.namespace();
    const explanation = explanationOf(inner, scope.collections.get(ns));
    const { rest } = explanation;
    if (rest.length === 0) writeExplanation(context, ns, explanation, verbosity);
    else {
      reply.string('explainVersion', '1');
      const stages = reply.beginArray('stages');
      const first = reply.beginObject('0');
      const cursor = reply.beginObject('$cursor');
      writeExplanation(context, ns, explanation, verbosity);
      reply.end(cursor);
      reply.end(first);
      rest.forEach((stage, i) => reply.value(String(i + 1), stage));
      reply.end(stages);
    }
    reply.value('command', command);
    const server = reply.beginObject('serverInfo');
    reply.string('host', hostname());
    reply.string('version', VERSION);
    reply.string('gitVersion', 'embedded-mongo');
    reply.end(server);
  },
};

function writeExplanation(
  { scope, reply }: CommandContext,
  ns: string,
  { filter, tree, run, stats, rest }: Explanation,
  verbosity: string,
): void {
  if (rest.length === 0) reply.string('explainVersion', '1');
  const planner = reply.beginObject('queryPlanner');
  reply.string('namespace', ns);
  reply.bool('indexFilterSet', false);
  reply.value('parsedQuery', filter);
  for (const limit of ['IndexedOrSolutionsReached', 'IndexedAndSolutionsReached', 'ScansToExplodeReached'])
    reply.bool(`max${limit}`, false);
  writeStage(reply, 'winningPlan', tree, false);
  reply.end(reply.beginArray('rejectedPlans'));
  reply.end(planner);
  if (verbosity === 'queryPlanner') return;
  const started = performance.now();
  const returned = run(scope.view);
  const execution = reply.beginObject('executionStats');
  reply.bool('executionSuccess', true);
  reply.count('nReturned', returned);
  reply.count('executionTimeMillis', Math.round(performance.now() - started));
  const { keysExamined, docsExamined } = stats();
  reply.count('totalKeysExamined', keysExamined);
  reply.count('totalDocsExamined', docsExamined);
  writeStage(reply, 'executionStages', tree, true);
  if (verbosity === 'allPlansExecution') reply.end(reply.beginArray('allPlansExecution'));
  reply.end(execution);
}
