/** JSON text that stands for a value of type `T`: it is sent as it is. */
export class RawJson<T = unknown> {
  declare private readonly stands: T;

  constructor(readonly text: string) {}
}
