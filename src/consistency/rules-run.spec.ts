import type { ConsistencyRule, ScanDepth, Suspect } from './consistency-rule.js';
import { type RunOptions, RulesRun } from './rules-run.js';

/** A rule over pages of ids; an id is broken for as many looks as `broken` says. */
class PagedRule implements ConsistencyRule<number> {
  readonly kinds: Record<string, string>;
  readonly depths: ScanDepth[] = [];
  rechecks = 0;

  constructor(
    readonly kind: string,
    private readonly pages: string[][],
    private readonly broken: Map<string, number> = new Map(),
    private readonly skipped = false,
  ) {
    this.kinds = { [kind]: 'what it is' };
  }

  scan(after: number | null, depth: ScanDepth) {
    this.depths.push(depth);
    const at = after ?? 0;
    return Promise.resolve({
      scanned: this.pages[at]!.length,
      suspects: this.pages[at]!.filter((id) => this.isBroken(id)).map((id) => ({
        kind: this.kind,
        id,
        key: id,
      })),
      next: at + 1 < this.pages.length ? at + 1 : null,
      skipped: this.skipped && depth === 'tail',
    });
  }

  recheck(suspects: readonly Suspect[]) {
    this.rechecks++;
    return Promise.resolve(suspects.filter(({ id }) => this.isBroken(id)));
  }

  private isBroken(id: string): boolean {
    const looks = this.broken.get(id) ?? 0;
    this.broken.set(id, looks - 1);
    return looks > 0;
  }
}

const FOR_EVER = Infinity;
const errors: unknown[] = [];
const check = (rules: ConsistencyRule[], options: Partial<RunOptions> = {}): Promise<RulesRun> =>
  new RulesRun({
    depth: 'whole',
    restFactor: 0,
    confirmPausesMs: [0, 0],
    signal: new AbortController().signal,
    onError: (error) => errors.push(error),
    ...options,
  }).execute(rules);

beforeEach(() => void errors.splice(0));

describe('a run of the rules', () => {
  it('looks at every page of every rule', async () => {
    const rules = [new PagedRule('x', [['1', '2'], ['3']]), new PagedRule('y', [['1']])];
    const run = await check(rules);
    expect(run).toMatchObject({ complete: true, scanned: 4, findings: [] });
    expect([...run.checkedKinds]).toEqual(['x', 'y']);
    expect(rules.map((rule) => rule.rechecks)).toEqual([0, 0]);
  });

  it('counts what stays broken, with sample ids', async () => {
    const ids = Array.from({ length: 30 }, (_, i) => `row ${i}`);
    const broken = new Map(ids.map((id) => [id, FOR_EVER]));
    const run = await check([new PagedRule('x', [ids.slice(0, 10), ids.slice(10), ['good']], broken)]);
    expect(run.complete).toBe(true);
    expect(run.findings).toEqual([{ kind: 'x', count: 30, sampleIds: ids.slice(0, 20) }]);
  });

  it('does not report what a write under way explains', async () => {
    const broken = new Map([
      ['mended at the first look', 1],
      ['mended at the second look', 2],
    ]);
    const run = await check([new PagedRule('x', [[...broken.keys()]], broken)]);
    expect(run).toMatchObject({ complete: true, findings: [] });
  });

  it('confirms many suspects without holding them all', async () => {
    const ids = Array.from({ length: 25_000 }, (_, i) => `row ${i}`);
    const pages = Array.from({ length: 50 }, (_, i) => ids.slice(i * 500, (i + 1) * 500));
    const rule = new PagedRule('x', pages, new Map(ids.map((id) => [id, FOR_EVER])));
    const run = await check([rule]);
    expect(run.findings).toMatchObject([{ count: 25_000 }]);
    expect(rule.rechecks).toBe(2 * 3);
  });

  it('R9: says incomplete when the time is over, and keeps what it found', async () => {
    const broken = new Map([['1', FOR_EVER]]);
    const endless: ConsistencyRule = {
      kinds: { endless: 'no end' },
      scan: () => Promise.resolve({ scanned: 1, suspects: [], next: 1 }),
      recheck: () => Promise.resolve([]),
    };
    const run = await check([new PagedRule('x', [['1']], broken), endless, new PagedRule('y', [['1']])], {
      budgetMs: 50,
    });
    expect(run).toMatchObject({ complete: false, findings: [{ kind: 'x', count: 1 }] });
    expect([...run.checkedKinds]).toEqual(['x']);
  });

  it('says incomplete when a rule passed over what was good before', async () => {
    const rule = new PagedRule('x', [['1']], new Map(), true);
    expect(await check([rule], { depth: 'tail' })).toMatchObject({ complete: false, findings: [] });
    expect(await check([rule], { depth: 'whole' })).toMatchObject({ complete: true });
    expect(rule.depths).toEqual(['tail', 'whole']);
  });

  it('says incomplete when a rule fails, and runs the others', async () => {
    const failure = new Error('the store is gone');
    const failing: ConsistencyRule = {
      kinds: { failing: 'fails' },
      scan: () => Promise.reject(failure),
      recheck: () => Promise.resolve([]),
    };
    const run = await check([failing, new PagedRule('x', [['1']], new Map([['1', FOR_EVER]]))]);
    expect(run).toMatchObject({ complete: false, scanned: 1, findings: [{ kind: 'x' }] });
    expect(errors).toEqual([failure]);
  });

  it('never reports what it could not confirm', async () => {
    const failure = new Error('the store is gone');
    const rule = new PagedRule('x', [['1']], new Map([['1', FOR_EVER]]));
    rule.recheck = () => Promise.reject(failure);
    expect(await check([rule])).toMatchObject({ complete: false, findings: [] });
    expect(errors).toEqual([failure]);
  });

  it('ends at once when it is told to, without an error', async () => {
    const stop = new AbortController();
    const rule = new PagedRule('x', [['1']], new Map([['1', FOR_EVER]]));
    const running = check([rule], { signal: stop.signal, confirmPausesMs: [3_600_000] });
    stop.abort();
    expect(await running).toMatchObject({ complete: false, findings: [] });
    expect(errors).toEqual([]);
  });
});
