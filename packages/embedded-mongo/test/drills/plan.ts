import type { Db, Document } from 'mongodb';

/** The explained plan of a command, with the figures of its run. */
export function planOf(db: Db, command: Record<string, unknown>): Promise<Document> {
  return db.command({ explain: command, verbosity: 'executionStats' });
}

/** The stages of the winning plan, from the top. */
export function stagesOf(explained: Document): string[] {
  const planner = (explained['queryPlanner'] ??
    explained['stages']?.[0]?.['$cursor']?.['queryPlanner']) as Document;
  return walk(planner['winningPlan'] as Document).map((stage) => String(stage['stage']));
}

export function stageNamed(explained: Document, name: string): Document | undefined {
  return walk(explained['queryPlanner']['winningPlan'] as Document).find((stage) => stage['stage'] === name);
}

function walk(stage: Document): Document[] {
  const inputs = [stage['inputStage'], ...((stage['inputStages'] ?? []) as unknown[])];
  return [stage, ...inputs.flatMap((input) => (input ? walk(input as Document) : []))];
}
