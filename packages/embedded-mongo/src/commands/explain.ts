import { unsupported } from '../errors.js';
import type { Command } from './request.js';

export const explain: Command = {
  fields: ['verbosity'],
  run: () => {
    throw unsupported('explain');
  },
};
