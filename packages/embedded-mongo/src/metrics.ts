const KINDS = ['insert', 'query', 'update', 'delete', 'getmore', 'command'] as const;
type Kind = (typeof KINDS)[number];

const KIND_OF: Readonly<Record<string, Kind>> = {
  insert: 'insert',
  find: 'query',
  update: 'update',
  delete: 'delete',
  getMore: 'getmore',
};

/** What `serverStatus` counts. */
export class Metrics {
  readonly opcounters = new Map<Kind, number>(KINDS.map((kind) => [kind, 0]));
  requests = 0;
  bytesIn = 0;
  bytesOut = 0;
  connections = 0;
  connectionsMade = 0;

  count(command: string): void {
    const kind = Object.hasOwn(KIND_OF, command) ? KIND_OF[command]! : 'command';
    this.requests++;
    this.opcounters.set(kind, this.opcounters.get(kind)! + 1);
  }
}
