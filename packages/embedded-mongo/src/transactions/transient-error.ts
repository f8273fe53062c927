import { CommandError } from '../errors.js';

/** Ends a transaction that may succeed when it is tried again from its start: labelled `TransientTransactionError`. */
export class TransientError extends CommandError {}
