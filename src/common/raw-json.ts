/** JSON text that stands for a value: it is sent as it is. */
export class RawJson {
  constructor(readonly text: string) {}
}
