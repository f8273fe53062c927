import { Window } from './window.js';

/** A member who joined at 2. */
const aWindow = () => new Window(2);
const feed = (window: Window, ...seqs: number[]) => seqs.map((seq) => window.receive(seq)).filter(Boolean);

describe('Window', () => {
  it('finds nothing wrong when all come in order', async () => {
    const window = aWindow();
    expect(feed(window, 3, 4, 5)).toEqual([]);
    expect(await window.receivedUpTo(5)).toBeNull();
  });

  it.each([
    ['a lost message', [3, 5, 6], ['received 5 where 4 was due']],
    ['a double', [3, 4, 4, 5], ['received 4 where 5 was due']],
    ['the wrong order', [3, 5, 4, 6], ['received 5 where 4 was due', 'received 4 where 6 was due']],
    ['a message from before joining', [2, 3, 4], ['received 2 where 3 was due']],
  ])('names %s', (_, seqs, wrong) => {
    expect(feed(aWindow(), ...seqs)).toEqual(wrong);
  });

  it('waits for what is under way', async () => {
    const window = aWindow();
    feed(window, 3);
    const complete = window.receivedUpTo(5);
    feed(window, 4, 5);
    expect(await complete).toBeNull();
  });

  it('names what never comes', async () => {
    const window = aWindow();
    feed(window, 3);
    expect(await window.receivedUpTo(5, 20)).toBe('received nothing from 4 on, up to 5');
  });
});
