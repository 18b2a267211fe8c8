/**
 * What happened in a room besides what was said: who came and went, what it is called now. Pure.
 *
 * Rooms of two need no such lines, and in live rooms people come and go by the thousand.
 */
import type { Event, Page, Room, RoomKind, RoomSettings, Seq, UserId } from '../api/types.ts';

export type Notice = { seq: Seq; at_ms: number; by: UserId } & (
  | { kind: 'joined'; user: UserId }
  | { kind: 'left'; user: UserId; reason: 'left' | 'removed' | 'banned' }
  /** Not shown: what the first change is held against. */
  | { kind: 'created'; settings: RoomSettings }
  | { kind: 'changed'; settings: RoomSettings; before: RoomSettings | undefined }
);

/** Of a page's unknown seqs so many are asked for, the newest. */
export const UNSAID_MAX = 1_000;

export function tells(kind: RoomKind): boolean {
  return kind === 'group' || kind === 'channel';
}

/** The line of an event, if it has one. `room` is what was known just before it. */
export function noticeOf(event: Event, room: Room): Notice | undefined {
  if (!tells(room.kind)) return undefined;
  const head = { seq: event.seq, at_ms: event.at_ms, by: event.sender };
  switch (event.kind) {
    case 'member.joined':
      // Who made the room is named at its beginning.
      if (event.body.role === 'owner') return undefined;
      return { ...head, kind: 'joined', user: event.body.user };
    case 'member.left':
      return { ...head, kind: 'left', user: event.body.user, reason: event.body.reason };
    case 'room.created':
      return { ...head, kind: 'created', settings: event.body.settings };
    case 'room.changed':
      return {
        ...head,
        kind: 'changed',
        settings: event.body,
        before: room.head + 1 === event.seq ? room : undefined,
      };
    default:
      return undefined;
  }
}

/** Where in a page seqs are that no message has. */
export function unsaidIn(page: Page): { from: Seq; to: Seq } | undefined {
  const said = new Set(page.messages.map(({ seq }) => seq));
  let [from, to] = [page.first_seq, page.last_seq];
  while (from <= to && said.has(from)) from += 1;
  while (to >= from && said.has(to)) to -= 1;
  return from > to ? undefined : { from: Math.max(from, to - UNSAID_MAX + 1), to };
}
