import { expect, it } from 'vitest';
import { uuidv7 } from './uuid.ts';

it('is a version 7 uuid that starts with the time', () => {
  const id = uuidv7(0x0192f0c17d7a);
  expect(id).toMatch(/^0192f0c1-7d7a-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

it('sorts in the order of making, also within a millisecond and when the clock steps back', () => {
  const ids = Array.from({ length: 10_000 }, (_, index) => uuidv7(2_000_000_000_000 - (index % 7)));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});
