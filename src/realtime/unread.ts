/** A client that lets so much of pushes wait does not read: it is cut off, and catches up when it comes back. */
const MAX_PUSHES = 1024 * 1024;
/** The answers to what it asked itself may be more: its open sends, all of the largest kind. */
const MAX_ALL = 64 * MAX_PUSHES;

/**
 * Notes that more is about to wait for a client.
 * @param client keeps how much of what waits for it are answers
 * @param waiting how much waits already; 0 also says that nothing does any more of what was noted before
 * @param answer whether it is the ack of an event
 * @returns false, and nothing is noted, when too much waits
 */
export function mayWait(
  client: { waitingAnswers: number },
  waiting: number,
  size: number,
  answer: boolean,
): boolean {
  if (waiting === 0) client.waitingAnswers = 0;
  if (waiting > MAX_ALL || (!answer && waiting - client.waitingAnswers > MAX_PUSHES)) return false;
  if (answer) client.waitingAnswers += size;
  return true;
}
