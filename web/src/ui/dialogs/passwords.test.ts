import { expect, it } from 'vitest';
import { mismatchOf } from './passwords.ts';

it('asks for a new password that is new, and typed the same twice', () => {
  const change = { current: 'old horse', next: 'new horse', again: 'new horse' };
  expect(mismatchOf(change)).toBeUndefined();
  expect(mismatchOf({ ...change, again: 'new house' })).toMatch(/not the same/);
  expect(mismatchOf({ ...change, current: 'new horse' })).toMatch(/that you have/);
});
