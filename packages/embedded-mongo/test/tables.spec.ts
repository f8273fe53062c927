import { readPage } from './tables/page.js';

describe('the page about the store', () => {
  it('shows what the code supports and refuses (else: npm run tables -w @nestim/embedded-mongo)', () => {
    const { now, wanted } = readPage();
    expect(now).toBe(wanted);
  });
});
