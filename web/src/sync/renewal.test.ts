import { expect, it } from 'vitest';
import { CLOCK_WRONG_MS, RENEW_EVERY_MS, renewIn } from './renewal.ts';

it('renews a minute before the end, a short token at half its life, and never in a loop', () => {
  expect(renewIn(900_000)).toBe(840_000);
  expect(renewIn(90_000)).toBe(45_000);
  expect(renewIn(10_000)).toBe(5_000);
  expect(renewIn(400)).toBe(RENEW_EVERY_MS);
  expect(renewIn(-5_000)).toBe(CLOCK_WRONG_MS);
});
