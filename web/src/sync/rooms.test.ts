import { describe, expect, it } from 'vitest';
import type { Event, Room } from '../api/types.ts';
import * as r from './rooms.ts';

const ME = 'me';

function room(id: string, more: Partial<Room> = {}): Room {
  return {
    id,
    kind: 'group',
    name: id,
    history: 'all',
    slow_mode_s: 0,
    archived: false,
    created_by: ME,
    created_at_ms: 0,
    members: 2,
    head: 10,
    head_at_ms: 0,
    membership: { role: 'member', joined_seq: 1, visible_from: 1 },
    receipt: { delivered: 10, read: 10 },
    unread: { messages: 0, mentions: 0 },
    ...more,
  };
}

function said(
  seq: number,
  sender = 'you',
  more: { mentions?: string[]; room?: string } = {},
): Event {
  const { mentions, room: where = 'a' } = more;
  return {
    kind: 'message.sent',
    room: where,
    seq,
    sender,
    at_ms: seq * 1000,
    body: { text: 'hi', ...(mentions ? { mentions } : {}) },
  };
}

const start = (...list: Room[]) => r.listed(r.initial, list);
const play = (state: r.Rooms, ...events: Event[]) =>
  events.reduce((rooms, event) => r.happened(rooms, event, ME), state);
function unread(state: r.Rooms, id = 'a') {
  const entry = state.entries[id];
  if (!entry) throw new Error(`no room ${id}`);
  return r.unreadOf(entry);
}

describe('unread', () => {
  it('counts messages of others after the snapshot, each once', () => {
    const state = play(
      start(room('a')),
      said(11),
      said(12, ME),
      said(13, 'you', { mentions: [ME] }),
      said(13),
      said(11),
    );
    expect(unread(state)).toEqual({ messages: 2, mentions: 1, first: 11 });
  });

  it('adds to what the server counted up to the snapshot', () => {
    const state = start(
      room('a', {
        receipt: { delivered: 10, read: 4 },
        unread: { messages: 5, mentions: 1, first: 5 },
      }),
    );
    expect(unread(play(state, said(11)))).toEqual({ messages: 6, mentions: 1, first: 5 });
  });

  it('is nothing once one has read to the end, and counts on from there', () => {
    const state = r.read(play(start(room('a')), said(11), said(12)), 'a', 12);
    expect(unread(state).messages).toBe(0);
    expect(unread(play(state, said(13)))).toEqual({ messages: 1, mentions: 0, first: 13 });
  });

  it('falls exactly while reading among events that came live', () => {
    const state = r.read(play(start(room('a')), said(11), said(12), said(13)), 'a', 12);
    expect(unread(state)).toEqual({ messages: 1, mentions: 0, first: 13 });
    expect(r.staleRooms(state)).toEqual([]);
  });

  it('asks anew when one has read to the middle of what the server counted', () => {
    const before = start(
      room('a', {
        receipt: { delivered: 10, read: 2 },
        unread: { messages: 8, mentions: 0, first: 3 },
      }),
    );
    const state = r.read(play(before, said(11)), 'a', 6);
    expect(r.staleRooms(state)).toEqual(['a']);
    const fresh = room('a', {
      head: 11,
      receipt: { delivered: 11, read: 6 },
      unread: { messages: 5, mentions: 0, first: 7 },
    });
    const after = r.snapshot(state, fresh);
    expect(unread(after)).toEqual({ messages: 5, mentions: 0, first: 7 });
    expect(r.staleRooms(after)).toEqual([]);
  });

  it('is the same whether an event comes before or after the snapshot that has it', () => {
    const fresh = room('a', {
      head: 12,
      receipt: { delivered: 12, read: 10 },
      unread: { messages: 2, mentions: 0, first: 11 },
    });
    const early = r.snapshot(play(start(room('a')), said(11), said(12), said(13)), fresh);
    const late = play(r.snapshot(start(room('a')), fresh), said(11), said(12), said(13));
    expect(unread(early)).toEqual(unread(late));
    expect(unread(late).messages).toBe(3);
  });

  it('does not come back when a snapshot was counted before our reading arrived', () => {
    const state = r.read(play(start(room('a')), said(11)), 'a', 11);
    const old = room('a', {
      head: 11,
      receipt: { delivered: 11, read: 10 },
      unread: { messages: 1, mentions: 0, first: 11 },
    });
    expect(unread(r.snapshot(state, old)).messages).toBe(0);
  });

  it('believes the server when a room was marked unread elsewhere', () => {
    const marked = room('a', { unread: { messages: 3, mentions: 0, first: 8 } });
    const state = r.snapshot(start(room('a')), marked);
    expect(unread(state)).toEqual({ messages: 3, mentions: 0, first: 8 });
    expect([9, 10].map((seen) => r.isMarked(state, 'a', seen))).toEqual([false, true]);
    expect(unread(r.unmarked(state, 'a')).messages).toBe(0);
  });
});

describe('the list', () => {
  it('puts the most recent conversation first', () => {
    const state = play(
      start(room('a'), room('b'), room('c')),
      said(11, 'you', { room: 'b' }),
      said(12, 'you', { room: 'a' }),
    );
    expect(r.ordered(state).map((entry) => entry.room.id)).toEqual(['a', 'b', 'c']);
  });

  it('drops rooms that the server no longer names', () => {
    const state = r.listed(start(room('a'), room('b')), [room('b')]);
    expect(Object.keys(state.entries)).toEqual(['b']);
  });

  it('follows changes of settings, whole', () => {
    const event: Event = {
      kind: 'room.changed',
      room: 'a',
      seq: 11,
      sender: 'you',
      at_ms: 1,
      body: { name: 'new', history: 'all', slow_mode_s: 0, archived: true },
    };
    const state = play(start(room('a', { description: 'gone after this' })), event);
    expect(state.entries['a']?.room).toMatchObject({ name: 'new', archived: true });
    expect(state.entries['a']?.room.description).toBeUndefined();
  });

  it('keeps what it knows when an older snapshot comes late', () => {
    const state = r.snapshot(play(start(room('a')), said(11), said(12)), room('a'));
    expect(state.entries['a']?.room.head).toBe(12);
    expect(state.entries['a']?.room.last_message?.seq).toBe(12);
  });
});
