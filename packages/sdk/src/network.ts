/** Runs the task whenever the browser says that there is a network again; elsewhere never. @returns what ends that */
export function onNetworkBack(task: () => void): () => void {
  const page = globalThis as Partial<EventTarget>;
  page.addEventListener?.('online', task);
  return () => page.removeEventListener?.('online', task);
}
