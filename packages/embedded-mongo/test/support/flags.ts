import { parseArgs } from 'node:util';

/** Reads whole-number flags such as `--seed 5`; an unknown flag or a value that is no number stops the program. */
export function numberFlags<Name extends string>(defaults: Record<Name, number>): Record<Name, number> {
  const names = Object.keys(defaults) as Name[];
  const { values } = parseArgs({
    options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
  });
  const flags = { ...defaults };
  for (const name of names) {
    const text = values[name];
    if (text === undefined) continue;
    if (!/^\d+$/.test(text)) throw new Error(`--${name} wants a whole number, not ${text}`);
    flags[name] = Number(text);
  }
  return flags;
}
