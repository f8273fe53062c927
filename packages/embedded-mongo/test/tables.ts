import { writeFileSync } from 'node:fs';
import { PAGE, readPage } from './tables/page.js';

/** Writes what the store supports into its page: `npm run tables -w @nestim/embedded-mongo`. */
writeFileSync(PAGE, readPage().wanted);
