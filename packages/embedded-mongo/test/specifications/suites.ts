/** The folders of cases that are about a server: the rest is about drivers alone, or needs another deployment. */
export const SUITES: readonly string[] = [
  'crud',
  'transactions',
  'transactions-convenient-api',
  'retryable_reads',
  'retryable_writes',
  'sessions',
  'causal_consistency',
  'index_management',
  'collection_management',
  'command_monitoring',
  'run_command',
  'read_write_concern/operation',
  'versioned-api',
  'change_streams',
  'gridfs',
  'client-backpressure',
  'unified-test-format/valid-pass',
];

/** Cases in which each test must fail: they prove the runner. */
export const MUST_FAIL = 'unified-test-format/valid-fail';

/**
 * Where the Node driver does otherwise by itself. A pattern is matched against `file: description: what differs`; one that
 * no case matches any more fails the run.
 */
export const DRIVER_DIFFERENCES: readonly (readonly [RegExp, string])[] = [
  [
    /bypassDocumentValidation: expected false, came nothing$/,
    'the driver does not send bypassDocumentValidation: false',
  ],
  [
    /create-null-ids.json: inserting _id with type null/,
    'the driver gives a document an _id instead of null',
  ],
  [
    /download when final chunk is missing: .* an error was expected/,
    'the driver does not miss the last chunk of a file',
  ],
  [
    /commandStartedEvent.command: writeConcern: not expected: wtimeout in/,
    'the driver adds a wtimeout to the write concern of every commit and abort',
  ],
  [
    /secondary read preference in client option|readPreference inherited from client/,
    'a client with the read preference secondary connects only where there is a secondary',
  ],
  [
    /dropIndexes: an error was expected, came false$/,
    "the driver's dropIndexes answers false in place of an error",
  ],
  [/insertedIds: not expected/, 'the driver lists an _id that was sent, but not acknowledged, as inserted'],
];
