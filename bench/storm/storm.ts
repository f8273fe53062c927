import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Rest } from '../wire/rest.js';
import { makeCast } from './cast.js';
import { Crowd } from './crowd.js';
import type { TalkersData, TalkersRequest, TalkersSpan } from './talkers.js';
import { Wires } from './wires.js';

const CONNECTED_AT_ONCE = 16;
/** How long is talked before the cut, and after all are back. */
const CALM_MS = 2_000;
/** Clients that are compared with fresh ones at the end. */
const COMPARED = 100;

/** What came of a storm. Times in milliseconds since the cut. */
export interface StormResult {
  clients: number;
  cut: number;
  back: { p50: number; p99: number; last: number };
  /** What those who stayed connected sent before the cut, and until all others were back. */
  sendsBefore: TalkersSpan;
  sendsMeanwhile: TalkersSpan;
  lost: number;
  double: number;
  /** Of the clients compared, those that held something else than a fresh one. */
  stale: number;
  cpuSeconds: { server: number | null; clients: number };
}

export interface StormOptions {
  url: string;
  adminToken: string;
  clients: number;
  /** CPU seconds that the server has used. */
  serverCpu: () => Promise<number | null>;
  /** Told what is being done next. */
  onPhase: (phase: string) => void;
}

/** Cuts off all clients at once while others go on talking, and measures their return. */
export async function storm({
  url,
  adminToken,
  clients,
  serverCpu,
  onPhase,
}: StormOptions): Promise<StormResult> {
  onPhase(`making ${clients} users`);
  const rest = new Rest(url);
  const { talkers, members } = await makeCast(rest, adminToken, clients);
  rest.close();

  const wires = new Wires();
  const crowd = new Crowd(url, members);
  onPhase('connecting');
  await crowd.connect(CONNECTED_AT_ONCE);
  const thread = await Talk.start({ url, talkers });
  await delay(CALM_MS);
  const sendsBefore = await thread.ask('mark');

  onPhase('cutting');
  const [cpuBefore, ownBefore] = [await serverCpu(), process.cpuUsage()];
  const returned = crowd.comeBack();
  const cut = wires.cut(Number(new URL(url).port));
  const back = await returned;
  const own = process.cpuUsage(ownBefore);
  const cpuAfter = await serverCpu();
  const sendsMeanwhile = await thread.ask('mark');

  onPhase('all are back');
  await delay(CALM_MS);
  const { groups } = await thread.ask('stop');
  const { lost, double } = await crowd.count(groups);
  const stale = await crowd.countStale(COMPARED);
  crowd.close();
  await thread.end();
  return {
    clients,
    cut,
    back: { p50: back.quantile(0.5), p99: back.quantile(0.99), last: back.quantile(1) },
    sendsBefore,
    sendsMeanwhile,
    lost,
    double,
    stale,
    cpuSeconds: {
      server: cpuAfter === null ? null : cpuAfter - (cpuBefore ?? 0),
      clients: (own.user + own.system) / 1e6,
    },
  };
}

/** The thread of those who go on talking, so that the others' return does not stand in their way. */
class Talk {
  private constructor(private readonly worker: Worker) {}

  static async start(data: TalkersData): Promise<Talk> {
    const worker = new Worker(new URL('./talkers.js', import.meta.url), { workerData: data });
    await once(worker, 'message');
    return new Talk(worker);
  }

  async ask(request: TalkersRequest): Promise<TalkersSpan> {
    const answer = once(this.worker, 'message');
    this.worker.postMessage(request);
    return ((await answer) as [TalkersSpan])[0];
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}
