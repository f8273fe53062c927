/** Stops the start with a message that tells the operator what to change; logged without a stack. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
