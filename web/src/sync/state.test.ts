import { describe, expect, it } from 'vitest';
import type { Event, Room } from '../api/types.ts';
import { restored, tickOf } from './receipts.ts';
import { staleRooms, unreadOf } from './rooms.ts';
import {
  initial,
  watchable,
  withEvent,
  withMembers,
  withProfile,
  withRooms,
  withoutRoom,
  type AppState,
} from './state.ts';
import { addPage, empty, rowsOf } from './timeline.ts';

const profile = (id: string) => ({ id, display_name: id, origin: 'account' });
const room: Room = {
  id: 'r',
  kind: 'group',
  history: 'all',
  slow_mode_s: 0,
  archived: false,
  created_by: 'me',
  created_at_ms: 0,
  members: 2,
  head: 2,
  head_at_ms: 0,
  membership: { role: 'owner', joined_seq: 1, visible_from: 1 },
  receipt: { delivered: 2, read: 2 },
  unread: { messages: 0, mentions: 0 },
};
const member = (id: string) => ({
  user: profile(id),
  role: 'member' as const,
  joined_seq: 1,
  receipt: { delivered: 2, read: 2 },
});
const said = (seq: number, sender: string): Event => ({
  kind: 'message.sent',
  room: 'r',
  seq,
  sender,
  at_ms: seq,
  body: { text: 'x' },
});

function start(): AppState {
  const page = {
    messages: [],
    first_seq: 1,
    last_seq: 2,
    head: 2,
    has_before: false,
    has_after: false,
  };
  const state = withMembers(withRooms(initial(profile('me'), 'online'), [room], 'whole'), 'r', [
    member('me'),
    member('bob'),
  ]);
  return { ...state, timelines: { r: addPage(empty, page) } };
}

function unread(state: AppState): number {
  const entry = state.rooms.entries['r'];
  return entry ? unreadOf(entry).messages : Number.NaN;
}

describe('an event', () => {
  it('reaches timeline, list and badge at once', () => {
    const state = withEvent(start(), said(3, 'bob'));
    expect(rowsOf(state.timelines['r'] ?? empty).map(({ type }) => type)).toEqual([
      'start',
      'message',
    ]);
    expect(state.rooms.entries['r']?.room.last_message?.seq).toBe(3);
    expect(unread(state)).toBe(1);
  });

  it('of somebody else’s message says that they have read what came before', () => {
    const state = withEvent(withEvent(start(), said(3, 'me')), said(4, 'bob'));
    expect(tickOf(state.receipts.others['r'], 3)).toBe('read');
  });

  it('of one’s own message from another device clears the badge', () => {
    expect(unread(withEvent(withEvent(start(), said(3, 'bob')), said(4, 'me')))).toBe(0);
  });

  it('of a joining or a new name stands in the timeline and counts as nothing unread', () => {
    const head = { room: 'r', sender: 'cyra', at_ms: 1 };
    const events: Event[] = [
      {
        ...head,
        seq: 3,
        kind: 'member.joined',
        body: { user: 'cyra', role: 'member', visible_from: 1 },
      },
      {
        ...head,
        seq: 4,
        kind: 'room.changed',
        body: { name: 'New', history: 'all', slow_mode_s: 0, archived: false },
      },
    ];
    const state = events.reduce(withEvent, start());
    expect(unread(state)).toBe(0);
    expect(rowsOf(state.timelines['r'] ?? empty)).toMatchObject([
      { type: 'start' },
      { type: 'notice', notice: { kind: 'joined', user: 'cyra' } },
      { type: 'notice', notice: { kind: 'changed', before: { history: 'all' } } },
    ]);
  });

  it('of a leaving takes the member out of what ticks wait for', () => {
    const left: Event = {
      kind: 'member.left',
      room: 'r',
      seq: 4,
      sender: 'bob',
      at_ms: 4,
      body: { user: 'bob', reason: 'left' },
    };
    const state = withEvent(withEvent(start(), said(3, 'me')), left);
    expect(state.members['r']?.map(({ user }) => user.id)).toEqual(['me']);
    expect(state.receipts.others['r']).toEqual({});
    expect(state.rooms.entries['r']?.room.members).toBe(1);
  });
});

it('a new name is shown wherever the person is', () => {
  const direct: Room = { ...room, id: 'd', kind: 'direct', peer: profile('bob') };
  const user = { ...profile('bob'), display_name: 'Bobby' };
  const state = withProfile(withRooms(start(), [direct], 'part'), user);
  expect(state.people['bob']).toBe(user);
  expect(state.members['r']?.find((member) => member.user.id === 'bob')?.user).toBe(user);
  expect(state.rooms.entries['d']?.room.peer).toBe(user);
});

it('what was read before a reload is not unread again in a list that was counted before', () => {
  const counted: Room = {
    ...room,
    head: 501,
    receipt: { delivered: 501, read: 487 },
    unread: { messages: 14, mentions: 0, first: 488 },
  };
  const reloaded = initial(profile('me'), 'online');
  const knowing = { ...reloaded, receipts: restored(reloaded.receipts, { r: 501 }) };
  expect(unread(withRooms(knowing, [counted], 'whole'))).toBe(0);
  const middle = { ...reloaded, receipts: restored(reloaded.receipts, { r: 490 }) };
  expect(staleRooms(withRooms(middle, [counted], 'whole').rooms)).toEqual(['r']);
  expect(unread(withRooms(reloaded, [counted], 'whole'))).toBe(14);
});

it('leaving a room leaves nothing of it', () => {
  const state = withoutRoom(start(), 'r');
  expect([state.timelines, state.members, state.rooms.entries]).toEqual([{}, {}, {}]);
});

it('watches the open room’s people and those of direct rooms, never oneself', () => {
  const direct: Room = { ...room, id: 'd', kind: 'direct', peer: profile('cyra') };
  const state = withRooms(start(), [direct], 'part');
  expect(watchable(state, undefined)).toEqual(['cyra']);
  expect(watchable(state, 'r')).toEqual(['bob', 'cyra']);
});
