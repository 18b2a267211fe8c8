import { describe, expect, it } from 'vitest';
import * as t from './typing.ts';

describe('others', () => {
  it('fade six seconds after they were last heard', () => {
    let typing = t.heard({}, 'r', 'a', true, 0);
    typing = t.heard(typing, 'r', 'a', true, 4_000);
    expect(t.nextWake(typing)).toBe(10_000);
    expect(t.faded(typing, 9_999)).toBe(typing);
    expect(t.faded(typing, 10_000)['r']).toEqual({});
  });

  it('stop when they say so', () => {
    expect(t.heard(t.heard({}, 'r', 'a', true, 0), 'r', 'a', false, 1)['r']).toEqual({});
  });
});

describe('oneself', () => {
  it('is told at most every three seconds', () => {
    const [told, first] = t.tell(undefined, 'r', true, 0);
    expect(first).toEqual([{ room: 'r', active: true }]);
    expect(t.tell(told, 'r', true, 2_999)[1]).toEqual([]);
    expect(t.tell(told, 'r', true, 3_000)[1]).toEqual([{ room: 'r', active: true }]);
  });

  it('is told when it ends, once', () => {
    const [told] = t.tell(undefined, 'r', true, 0);
    const [ended, farewell] = t.tell(told, 'r', false, 100);
    expect(farewell).toEqual([{ room: 'r', active: false }]);
    expect(t.tell(ended, 'r', false, 200)[1]).toEqual([]);
  });

  it('ends in the room that one leaves for another', () => {
    const [told] = t.tell(undefined, 'r', true, 0);
    expect(t.tell(told, 's', true, 100)[1]).toEqual([
      { room: 'r', active: false },
      { room: 's', active: true },
    ]);
  });
});
