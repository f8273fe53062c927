import { assertDurable, databaseOf } from './mongo-uri.js';

describe('MONGODB_URI', () => {
  it.each([
    'w=1',
    'w=0',
    'W=2',
    'journal=false',
    'j=false',
    'readConcernLevel=local',
    'readPreference=secondary',
  ])('G1: %s stops the start', (option) => {
    expect(() => assertDurable(`mongodb://a,b:2/db?replicaSet=r&${option}`)).toThrow(
      new RegExp(`^MONGODB_URI: ${option.split('=')[0]} must be`),
    );
  });

  it('a refusal does not repeat the address', () => {
    expect(() => assertDurable('mongodb://user:secret@a/?w=1')).toThrow(/^((?!secret).)*$/s);
  });

  it('takes an address that repeats what is required', () => {
    assertDurable(
      'mongodb+srv://u:p@a.example/db?w=majority&journal=true&readConcernLevel=majority&retryWrites=true',
    );
    assertDurable('mongodb://a');
  });

  it.each([
    ['mongodb://a', 'nestim'],
    ['mongodb://a/', 'nestim'],
    ['mongodb://a/?w=majority', 'nestim'],
    ['mongodb://u:p@a:1,b:2/chat?w=majority', 'chat'],
    ['mongodb://%2Ftmp%2Fx.sock/chat', 'chat'],
  ])('%s holds its data in %s', (uri, database) => expect(databaseOf(uri)).toBe(database));
});
