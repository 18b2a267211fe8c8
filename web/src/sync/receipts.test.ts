import { describe, expect, it } from 'vitest';
import * as r from './receipts.ts';

const marks = (delivered: number, read: number) => ({ delivered, read });
const member = (
  id: string,
  receipt: { delivered: number; read: number } | undefined,
  joined_seq = 1,
) => ({
  user: { id, display_name: id, origin: 'local' },
  role: 'member' as const,
  joined_seq,
  ...(receipt ? { receipt } : {}),
});

describe('own watermarks', () => {
  it('are gathered into one command a room', () => {
    let state = r.want(r.initial, 'a', marks(1, 0), 0);
    state = r.want(state, 'a', marks(5, 0), 50);
    state = r.want(state, 'b', marks(2, 2), 60);
    expect(state.due_ms).toBe(r.GATHER_MS);
    const [flushed, asks] = r.flush(state);
    expect(asks).toEqual([
      { type: 'delivered', room: 'a', seq: 5 },
      { type: 'read', room: 'b', seq: 2 },
    ]);
    expect(r.flush(flushed)[1]).toEqual([]);
  });

  it('say read alone when both are due, for read implies delivered', () => {
    const state = r.want(r.want(r.initial, 'a', marks(4, 0), 0), 'a', marks(0, 4), 0);
    expect(r.flush(state)[1]).toEqual([{ type: 'read', room: 'a', seq: 4 }]);
  });

  it('only rise', () => {
    const state = r.held(r.initial, 'a', marks(9, 7));
    expect(r.want(state, 'a', marks(8, 6), 0)).toBe(state);
    expect(r.held(state, 'a', marks(3, 2)).own['a']?.held).toEqual(marks(9, 7));
  });

  it('are asked again after a reconnect until the server has them', () => {
    const [lost] = r.flush(r.want(r.initial, 'a', marks(3, 3), 0));
    const [again, asks] = r.flush(r.reconnected(lost, 10));
    expect(asks).toHaveLength(1);
    const done = r.answered(again, 'a', marks(3, 3), 20);
    expect(done.due_ms).toBeUndefined();
    expect(r.flush(r.reconnected(done, 30))[1]).toEqual([]);
  });

  it('go on rising while an ask is under way', () => {
    const [asked] = r.flush(r.want(r.initial, 'a', marks(3, 3), 0));
    const answered = r.answered(r.want(asked, 'a', marks(6, 6), 5), 'a', marks(3, 3), 20);
    expect(r.flush(answered)[1]).toEqual([{ type: 'read', room: 'a', seq: 6 }]);
  });

  it('outlive the page until the server has confirmed them, and are asked by the next one', () => {
    const [asked] = r.flush(r.want(r.held(r.initial, 'a', marks(9, 4)), 'a', marks(9, 6), 0));
    const read = r.want(asked, 'a', marks(9, 8), 5);
    expect(r.unconfirmed(read)).toEqual({ a: 8 });
    const next = r.held(r.restored(r.initial, r.unconfirmed(read)), 'a', marks(9, 6));
    expect(r.readTo(next, 'a')).toBe(8);
    expect(r.flush(r.reconnected(next, 0))[1]).toEqual([{ type: 'read', room: 'a', seq: 8 }]);
    expect(r.unconfirmed(r.answered(read, 'a', marks(9, 8), 20))).toEqual({});
  });

  it('are given up when the server refuses for good', () => {
    const [asked] = r.flush(r.want(r.initial, 'a', marks(3, 3), 0));
    const answered = r.answered(asked, 'a', undefined, 20);
    expect(answered.due_ms).toBeUndefined();
    expect(r.flush(answered)[1]).toEqual([]);
  });
});

describe('ticks', () => {
  const load = (...members: ReturnType<typeof member>[]) =>
    r.othersOf(r.initial, 'a', members, 'me').others['a'];

  it('turn when everybody has it', () => {
    const others = load(
      member('me', marks(0, 0)),
      member('x', marks(9, 9)),
      member('y', marks(7, 5)),
    );
    expect(r.tickOf(others, 5)).toBe('read');
    expect(r.tickOf(others, 7)).toBe('delivered');
    expect(r.tickOf(others, 8)).toBe('sent');
  });

  it('do not wait for who came later or hides receipts', () => {
    const others = load(
      member('x', marks(9, 9)),
      member('late', marks(0, 0), 6),
      member('shy', undefined),
    );
    expect(r.tickOf(others, 5)).toBe('read');
    expect(r.tickOf(others, 7)).toBe('sent');
  });

  it('say sent alone where nobody else is', () => {
    expect(r.tickOf(load(member('me', marks(9, 9))), 3)).toBe('sent');
    expect(r.tickOf(undefined, 3)).toBe('sent');
  });

  it('never fall when an older reading of the members comes late', () => {
    let state = r.othersOf(r.initial, 'a', [member('x', marks(2, 2))], 'me');
    state = r.othersRose(state, 'a', [{ user: 'x', delivered: 8, read: 8 }]);
    state = r.othersOf(state, 'a', [member('x', marks(4, 4))], 'me');
    expect(r.tickOf(state.others['a'], 8)).toBe('read');
    state = r.othersRose(state, 'a', [{ user: 'x', delivered: 1, read: 0 }]);
    expect(r.tickOf(state.others['a'], 8)).toBe('read');
  });

  it('follow who joins and leaves', () => {
    let state = r.othersOf(
      r.initial,
      'a',
      [member('x', marks(9, 9)), member('slow', marks(0, 0))],
      'me',
    );
    expect(r.tickOf(state.others['a'], 5)).toBe('sent');
    state = r.memberJoined(r.memberLeft(state, 'a', 'slow'), 'a', 'new', 6);
    expect(r.tickOf(state.others['a'], 5)).toBe('read');
    expect(r.tickOf(state.others['a'], 7)).toBe('sent');
  });
});
