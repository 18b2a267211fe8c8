import { describe, expect, it } from 'vitest';
import type { Event, Page, Room, RoomKind } from '../api/types.ts';
import { noticeOf, unsaidIn, UNSAID_MAX } from './notices.ts';

const room: Room = {
  id: 'r',
  kind: 'group',
  name: 'Old',
  history: 'all',
  slow_mode_s: 0,
  archived: false,
  created_by: 'ana',
  created_at_ms: 0,
  members: 2,
  head: 4,
  head_at_ms: 0,
  membership: { role: 'owner', joined_seq: 2, visible_from: 1 },
  receipt: { delivered: 4, read: 4 },
  unread: { messages: 0, mentions: 0 },
};
const head = { room: 'r', seq: 5, sender: 'bob', at_ms: 7 };
const joined = (role: 'owner' | 'member'): Event => ({
  ...head,
  kind: 'member.joined',
  body: { user: 'bob', role, visible_from: 1 },
});
const renamed = (seq: number): Event => ({
  ...head,
  seq,
  kind: 'room.changed',
  body: { name: 'New', history: 'all', slow_mode_s: 0, archived: false },
});

describe('a notice', () => {
  it('is made of who comes, but not of who made the room', () => {
    expect(noticeOf(joined('member'), room)).toEqual({
      seq: 5,
      at_ms: 7,
      by: 'bob',
      kind: 'joined',
      user: 'bob',
    });
    expect(noticeOf(joined('owner'), room)).toBeUndefined();
  });

  it('is made in groups and channels only', () => {
    const kinds: RoomKind[] = ['direct', 'group', 'channel', 'live'];
    expect(kinds.filter((kind) => noticeOf(joined('member'), { ...room, kind }))).toEqual([
      'group',
      'channel',
    ]);
  });

  it('knows the settings before only when nothing lies between', () => {
    expect(noticeOf(renamed(5), room)).toMatchObject({ kind: 'changed', before: { name: 'Old' } });
    expect(noticeOf(renamed(9), room)).toMatchObject({ kind: 'changed', before: undefined });
  });
});

describe('what a page leaves unsaid', () => {
  const page = (first_seq: number, last_seq: number, ...said: number[]): Page => ({
    messages: said.map((seq) => ({ room: 'r', seq, sender: 'a', at_ms: 0, text: 'x' })),
    first_seq,
    last_seq,
    head: last_seq,
    has_before: false,
    has_after: false,
  });

  it('is the span from the first to the last seq without a message', () => {
    expect(unsaidIn(page(1, 6, 1, 3, 5, 6))).toEqual({ from: 2, to: 4 });
    expect(unsaidIn(page(1, 3, 1, 2, 3))).toBeUndefined();
    expect(unsaidIn(page(1, 0))).toBeUndefined();
  });

  it('is bounded to the newest', () => {
    expect(unsaidIn(page(1, 5_000))).toEqual({ from: 5_001 - UNSAID_MAX, to: 5_000 });
  });
});
