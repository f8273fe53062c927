import { ERRORS } from './errors.js';

it.each(Object.entries(ERRORS))('%s says what happened and what to do', (_, definition) => {
  expect(definition.status).toBeGreaterThanOrEqual(400);
  expect(definition.message).toMatch(/\.$/);
  expect(definition.action).toMatch(/\.$/);
  expect(definition.temporary).toBe([429, 500, 503].includes(definition.status));
});
