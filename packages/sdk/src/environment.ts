/** Time and chance; tests hold them still. */
export interface Environment {
  /** Epoch milliseconds. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Runs the task once after `ms`. @returns what cancels it */
  after(ms: number, task: () => void): () => void;
}

/** Longest delay a timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

export const systemEnvironment: Environment = {
  now: () => Date.now(),
  random: () => Math.random(),
  after: (ms, task) => {
    const timer = setTimeout(task, Math.min(ms, MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
};
