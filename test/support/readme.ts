import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** The first block of code in this language that a document shows. */
export async function blockOf(file: string, language: 'js' | 'html'): Promise<string> {
  const text = await readFile(file, 'utf8');
  const [, block] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text) ?? [];
  if (block === undefined) throw new Error(`${file} shows no ${language}`);
  return block;
}

/** A script in its own process, and all it has printed. */
export interface RunningScript {
  readonly child: ChildProcessWithoutNullStreams;
  readonly output: { text: string };
}

export function runScript(script: string, args: string[]): RunningScript {
  const child = spawn(process.execPath, [script, ...args]);
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes) => (output.text += String(bytes)));
  return { child, output };
}
