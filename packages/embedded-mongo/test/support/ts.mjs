/** `node --import ./ts.mjs file.ts` runs a test program without jest. */
import { register } from 'node:module';

register('./ts-hooks.mjs', import.meta.url);
