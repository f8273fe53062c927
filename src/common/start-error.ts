/** Stops the start with a message that tells the operator what to change; logged without a stack. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** What the operator is told: one line that names the setting, and a stack only for what nobody foresaw. */
export function explainStartFailure(error: unknown): string {
  if (error instanceof StartError) return error.message;
  const { syscall, message, stack } = error as NodeJS.ErrnoException;
  if (syscall === 'listen' || syscall === 'getaddrinfo') return `PORT or NESTIM_HOST: ${message}`;
  if (syscall !== undefined) return `NESTIM_DATA_DIR: ${message}`;
  return stack ?? String(error);
}
