import { Window } from './window.js';

/** A member who joined at 2 and sent 4 and 7 of the group's nine messages. */
const aWindow = () => new Window(2, (seq) => seq === 4 || seq === 7);
const feed = (window: Window, ...seqs: number[]) => seqs.map((seq) => window.receive(seq)).filter(Boolean);

describe('Window', () => {
  it('finds nothing wrong when all but the own messages come in order', async () => {
    const window = aWindow();
    expect(feed(window, 3, 5, 6, 8, 9)).toEqual([]);
    expect(await window.receivedUpTo(9)).toBeNull();
    expect(window.received).toBe(5);
  });

  it.each([
    ['a lost message', [3, 6, 8, 9], ['received 6 where 5 was due']],
    ['a double', [3, 5, 5, 6, 8, 9], ['received 5 where 6 was due']],
    ['the wrong order', [3, 6, 5, 8, 9], ['received 6 where 5 was due', 'received 5 where 8 was due']],
    ['a message from before joining', [2, 3, 5, 6, 8, 9], ['received 2 where 3 was due']],
    ['its own message', [3, 4, 5, 6, 8, 9], ['received 4 where 5 was due']],
  ])('names %s', (_, seqs, wrong) => {
    expect(feed(aWindow(), ...seqs)).toEqual(wrong);
  });

  it('waits for what is under way', async () => {
    const window = aWindow();
    feed(window, 3, 5, 6);
    const complete = window.receivedUpTo(9);
    feed(window, 8, 9);
    expect(await complete).toBeNull();
  });

  it('is complete when the last messages are its own', async () => {
    const window = aWindow();
    feed(window, 3, 5, 6);
    expect(await window.receivedUpTo(7)).toBeNull();
  });

  it('names what never comes', async () => {
    const window = aWindow();
    feed(window, 3);
    expect(await window.receivedUpTo(9, 20)).toBe('received nothing from 5 on, up to 9');
  });
});
