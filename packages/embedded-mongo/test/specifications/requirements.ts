import type { MongoClient } from 'mongodb';
import type { Requirement } from './format.js';

/** What the store says of itself. */
export interface Deployment {
  readonly version: string;
  readonly topology: 'single' | 'replicaset';
  /** The name of its replica set, if it says that it is one. */
  readonly setName: string | undefined;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export async function inspectDeployment(client: MongoClient): Promise<Deployment> {
  const admin = client.db('admin');
  const { version } = await admin.command({ buildInfo: 1 });
  const { setName } = (await admin.command({ hello: 1 })) as { setName?: string };
  const parameters = await admin.command({ getParameter: '*' });
  return { version: version as string, topology: setName ? 'replicaset' : 'single', setName, parameters };
}

/** Why a case cannot run here by its own stated requirements; undefined if it can. */
export function unmetRequirement(
  requirements: readonly Requirement[] | undefined,
  deployment: Deployment,
): string | undefined {
  if (!requirements || requirements.length === 0) return undefined;
  const reasons = requirements.map((requirement) => unmet(requirement, deployment));
  return reasons.includes(undefined) ? undefined : reasons[0];
}

function unmet(requirement: Requirement, { version, topology, parameters }: Deployment): string | undefined {
  const { minServerVersion: min, maxServerVersion: max, topologies } = requirement;
  if (topologies && !topologies.includes(topology)) return `needs the topology ${topologies.join(' or ')}`;
  if (min !== undefined && compareVersions(version, min) < 0) return `needs MongoDB ${min} or newer`;
  if (max !== undefined && compareVersions(version, max) > 0) return `needs MongoDB ${max} or older`;
  if (requirement.serverless === 'require') return 'needs Atlas Serverless';
  if (requirement.auth === true) return 'needs authentication';
  if (requirement.csfle) return 'needs client-side encryption';
  for (const [name, value] of Object.entries(requirement.serverParameters ?? {}))
    if (parameters[name] !== value) return `needs the server parameter ${name}: ${String(value)}`;
  return undefined;
}

function compareVersions(one: string, two: string): number {
  const [left, right] = [one, two].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (let i = 0; i < right.length; i += 1) {
    const difference = (left[i] ?? 0) - right[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
