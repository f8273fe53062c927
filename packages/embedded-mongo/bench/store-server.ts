import { startEmbeddedMongo } from '@nestim/embedded-mongo';
import { serve } from './child.js';

serve((dbPath: string) => startEmbeddedMongo({ dbPath }));
