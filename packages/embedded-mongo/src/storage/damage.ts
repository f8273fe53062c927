/** What is on disk is not what was written: nothing that was read from it counts. */
export class DamagedData extends Error {
  override readonly name = 'DamagedData';
}
