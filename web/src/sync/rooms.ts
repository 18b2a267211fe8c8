/**
 * The rooms one is in, their order, and what is unread in them. Pure.
 *
 * *Invariant*: unread is the server's count at the head of its snapshot, and beyond it the events that
 * came since, each once by its seq. Nothing else adds to it; whatever cannot be derived exactly (reading
 * on another device up to somewhere in the middle) marks the room stale, and a new snapshot is loaded.
 */
import type {
  Event,
  Profile,
  Room,
  RoomId,
  RoomSettings,
  Seq,
  Unread,
  UserId,
} from '../api/types.ts';
import { messageOf } from './timeline.ts';

interface Recent {
  seq: Seq;
  mention: boolean;
}

export interface RoomEntry {
  room: Room;
  /** The head of the snapshot from which `counted` is. */
  counted_to: Seq;
  counted: Unread;
  /** Messages of others beyond `counted_to`, ascending. */
  recent: readonly Recent[];
  /** `counted` is no longer exact. */
  stale: boolean;
}

export interface Rooms {
  entries: Readonly<Record<RoomId, RoomEntry>>;
  /** The first list has come. */
  loaded: boolean;
}

export const initial: Rooms = { entries: {}, loaded: false };

const NOTHING: Unread = { messages: 0, mentions: 0 };

/** How far one has read in a room, also where the server has not heard of it. */
export type ReadTo = (room: RoomId) => Seq;

const UNREAD: ReadTo = () => 0;

/** The whole list, as the server has it. Rooms that it does not name are gone. */
export function listed(rooms: Rooms, list: readonly Room[], readTo = UNREAD): Rooms {
  const entries = Object.fromEntries(
    list.map((room) => [room.id, entryOf(room, rooms.entries[room.id], readTo(room.id))]),
  );
  return { entries, loaded: true };
}

/** One room anew. */
export function snapshot(rooms: Rooms, room: Room, readTo = UNREAD): Rooms {
  return put(rooms, entryOf(room, rooms.entries[room.id], readTo(room.id)));
}

export function gone(rooms: Rooms, room: RoomId): Rooms {
  const { [room]: _, ...entries } = rooms.entries;
  return { ...rooms, entries };
}

/** An event of a room in the list. Of one that is not, nothing is known: the shell loads it. */
export function happened(rooms: Rooms, event: Event, me: UserId): Rooms {
  const entry = rooms.entries[event.room];
  if (!entry || event.seq <= entry.room.head) return rooms;
  const room = { ...withEvent(entry.room, event, me), head: event.seq, head_at_ms: event.at_ms };
  const recent = countable(event, me) ? [...entry.recent, recentOf(event, me)] : entry.recent;
  return put(rooms, { ...entry, room, recent });
}

/** One has read up to `read`, here or elsewhere. */
export function read(rooms: Rooms, id: RoomId, upTo: Seq): Rooms {
  const entry = rooms.entries[id];
  if (!entry || upTo <= entry.room.receipt.read) return rooms;
  const receipt = { read: upTo, delivered: Math.max(upTo, entry.room.receipt.delivered) };
  const all = upTo >= entry.counted_to;
  return put(rooms, {
    ...entry,
    room: { ...entry.room, receipt },
    counted: all ? NOTHING : entry.counted,
    recent: entry.recent.filter(({ seq }) => seq > upTo),
    stale: entry.stale || (!all && entry.counted.messages > 0),
  });
}

/** A room that was marked as unread, though read to its end, has been looked at again. */
export function isMarked(rooms: Rooms, id: RoomId, seen: Seq): boolean {
  const entry = rooms.entries[id];
  return (
    entry !== undefined &&
    seen >= entry.counted_to &&
    seen <= entry.room.receipt.read &&
    entry.counted.messages > 0
  );
}

export function unmarked(rooms: Rooms, id: RoomId): Rooms {
  const entry = rooms.entries[id];
  return entry ? put(rooms, { ...entry, counted: NOTHING }) : rooms;
}

export function profileChanged(rooms: Rooms, user: Profile): Rooms {
  const mine = Object.values(rooms.entries).filter(({ room }) => room.peer?.id === user.id);
  return mine.reduce(
    (all, entry) => put(all, { ...entry, room: { ...entry.room, peer: user } }),
    rooms,
  );
}

export function staleRooms(rooms: Rooms): RoomId[] {
  return Object.values(rooms.entries)
    .filter(({ stale }) => stale)
    .map(({ room }) => room.id);
}

export function unreadOf(entry: RoomEntry): Unread {
  const { counted, recent } = entry;
  const first = counted.first ?? recent[0]?.seq;
  return {
    messages: counted.messages + recent.length,
    mentions: counted.mentions + recent.filter(({ mention }) => mention).length,
    ...(first === undefined ? {} : { first }),
  };
}

/** Most recent first; rooms of the same moment by id, so that the order is the same everywhere. */
export function ordered(rooms: Rooms): RoomEntry[] {
  return Object.values(rooms.entries).sort(
    (a, b) => lastAt(b.room) - lastAt(a.room) || a.room.id.localeCompare(b.room.id),
  );
}

/** What a room is called by `me`'s side. */
export function titleOf(room: Room): string {
  if (room.kind === 'direct') return room.peer?.display_name ?? 'Direct messages';
  return room.name ?? 'Unnamed room';
}

function lastAt(room: Room): number {
  return room.last_message?.at_ms ?? room.created_at_ms;
}

/** A snapshot, and on top of it what has come meanwhile. A snapshot from before what we know adds nothing. */
function entryOf(room: Room, known: RoomEntry | undefined, readHere: Seq): RoomEntry {
  const later = known && known.room.head > room.head ? known : undefined;
  const readTo = Math.max(room.receipt.read, known?.room.receipt.read ?? 0, readHere);
  const receipt = {
    read: readTo,
    delivered: Math.max(room.receipt.delivered, known?.room.receipt.delivered ?? 0, readHere),
  };
  // We have read further than the server had heard when it counted.
  const ahead = readTo > room.receipt.read;
  const readAll = ahead && readTo >= room.head;
  return {
    room: { ...(later ? { ...room, ...headOf(later.room) } : room), receipt },
    counted_to: room.head,
    counted: readAll ? NOTHING : room.unread,
    recent: (known?.recent ?? []).filter(({ seq }) => seq > room.head && seq > readTo),
    stale: ahead && !readAll && room.unread.messages > 0,
  };
}

function headOf(room: Room): Partial<Room> {
  const { head, head_at_ms, last_message } = room;
  return { head, head_at_ms, ...(last_message ? { last_message } : {}) };
}

function put(rooms: Rooms, entry: RoomEntry): Rooms {
  return { ...rooms, entries: { ...rooms.entries, [entry.room.id]: entry } };
}

function countable(event: Event, me: UserId): boolean {
  return event.kind === 'message.sent' && event.sender !== me;
}

function recentOf(event: Event, me: UserId): Recent {
  const mentions = event.kind === 'message.sent' ? (event.body.mentions ?? []) : [];
  return { seq: event.seq, mention: mentions.includes(me) };
}

function withEvent(room: Room, event: Event, me: UserId): Room {
  switch (event.kind) {
    case 'message.sent': {
      const last_message = messageOf(event);
      return last_message ? { ...room, last_message } : room;
    }
    case 'room.changed':
      return { ...withoutSettings(room), ...event.body };
    case 'member.joined':
      return { ...room, members: room.members + 1 };
    case 'member.left':
      return { ...room, members: Math.max(0, room.members - 1) };
    case 'member.role_changed':
      return event.body.user === me
        ? { ...room, membership: { ...room.membership, role: event.body.role } }
        : room;
    default:
      return room;
  }
}

/** Settings come whole: what a change does not name has no value any more. */
function withoutSettings(room: Room): Omit<Room, keyof RoomSettings> {
  const { name, description, avatar_url, history, slow_mode_s, archived, metadata, ...rest } = room;
  return rest;
}
