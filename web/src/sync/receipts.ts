/**
 * Watermarks: which acks of ours are due, and what the others' say of our messages. Pure.
 *
 * *Invariant*: watermarks only rise, `read` implies `delivered`. Acks are gathered for `GATHER_MS`, one
 * command a room; what was not acknowledged by the server stays wanted and is asked again.
 */
import type { Member, ReceiptEntry, RoomId, Seq, UserId, Watermarks } from '../api/types.ts';

export const GATHER_MS = 200;
/** An ask that the server put off is made again after so long. */
export const POSTPONED_MS = 2_000;
/** Beyond this many members a room shows no receipts but one's own (see GET /v1/limits). */
export const SHOWN_MEMBERS_MAX = 256;

export interface Mark extends Watermarks {
  /** Messages from before are not waited for. */
  joined_seq: Seq;
}

export interface OwnMarks {
  /** What the server has. */
  held: Watermarks;
  /** What it is to have. */
  wanted: Watermarks;
  /** A command is under way. */
  busy: boolean;
}

export interface Receipts {
  own: Readonly<Record<RoomId, OwnMarks>>;
  /** The other members', for rooms whose members are loaded. */
  others: Readonly<Record<RoomId, Readonly<Record<UserId, Mark>>>>;
  /** When `flush` is due. */
  due_ms: number | undefined;
}

export type Tick = 'sent' | 'delivered' | 'read';

export interface Ask {
  type: 'read' | 'delivered';
  room: RoomId;
  seq: Seq;
}

export const initial: Receipts = { own: {}, others: {}, due_ms: undefined };

const NONE: Watermarks = { delivered: 0, read: 0 };

export function raised(marks: Watermarks, by: Watermarks): Watermarks {
  const read = Math.max(marks.read, by.read);
  const delivered = Math.max(marks.delivered, by.delivered, read);
  return read === marks.read && delivered === marks.delivered ? marks : { delivered, read };
}

/** The server says where we stand: in the room list, an ack, or because another device of ours read. */
export function held(state: Receipts, room: RoomId, marks: Watermarks): Receipts {
  const own = ownOf(state, room);
  const now = { ...own, held: raised(own.held, marks), wanted: raised(own.wanted, marks) };
  return { ...state, own: { ...state.own, [room]: now } };
}

/** What was read here and the server has not confirmed: it must survive the page. */
export function unconfirmed(state: Receipts): Record<RoomId, Seq> {
  return Object.fromEntries(
    Object.entries(state.own).flatMap(([room, { held: has, wanted }]) =>
      wanted.read > has.read ? [[room, wanted.read]] : [],
    ),
  );
}

/** What an earlier page had read and not confirmed. The next connection asks for it. */
export function restored(state: Receipts, reads: Readonly<Record<RoomId, Seq>>): Receipts {
  return Object.entries(reads).reduce((all, [room, seq]) => {
    const own = ownOf(all, room);
    const wanted = raised(own.wanted, { delivered: seq, read: seq });
    return { ...all, own: { ...all.own, [room]: { ...own, wanted } } };
  }, state);
}

/** How far one has read, whether the server knows it or not. */
export function readTo(state: Receipts, room: RoomId): Seq {
  return ownOf(state, room).wanted.read;
}

/** Something arrived here (`delivered`) or was seen by an attentive person (`read`). */
export function want(state: Receipts, room: RoomId, marks: Watermarks, now_ms: number): Receipts {
  const own = ownOf(state, room);
  const wanted = raised(own.wanted, marks);
  if (wanted === own.wanted) return state;
  return {
    ...state,
    own: { ...state.own, [room]: { ...own, wanted } },
    due_ms: state.due_ms ?? now_ms + GATHER_MS,
  };
}

/** What to ask of the server now: one command for each room that lacks something. */
export function flush(state: Receipts): [Receipts, Ask[]] {
  const own = { ...state.own };
  const asks: Ask[] = [];
  for (const [room, marks] of Object.entries(own)) {
    const ask = marks.busy ? undefined : askOf(room, marks);
    if (!ask) continue;
    asks.push(ask);
    own[room] = { ...marks, busy: true };
  }
  return [{ ...state, own, due_ms: undefined }, asks];
}

/** The answer to an ask. Without marks it was refused for good, and is given up. */
export function answered(
  state: Receipts,
  room: RoomId,
  marks: Watermarks | undefined,
  now_ms: number,
): Receipts {
  const own = ownOf(state, room);
  const next = marks
    ? { held: raised(own.held, marks), wanted: raised(own.wanted, marks), busy: false }
    : { ...own, wanted: own.held, busy: false };
  const due_ms = askOf(room, next) ? (state.due_ms ?? now_ms + GATHER_MS) : state.due_ms;
  return { ...state, own: { ...state.own, [room]: next }, due_ms };
}

/** The ask was lost or put off: it is made again. */
export function postponed(state: Receipts, room: RoomId, now_ms: number): Receipts {
  const own = { ...state.own, [room]: { ...ownOf(state, room), busy: false } };
  return { ...state, own, due_ms: state.due_ms ?? now_ms + POSTPONED_MS };
}

/** The connection is new: whatever was under way is asked again. */
export function reconnected(state: Receipts, now_ms: number): Receipts {
  const own = Object.fromEntries(
    Object.entries(state.own).map(([room, marks]) => [room, { ...marks, busy: false }]),
  );
  return { ...state, own, due_ms: now_ms };
}

export function othersOf(
  state: Receipts,
  room: RoomId,
  members: readonly Member[],
  me: UserId,
): Receipts {
  const known = state.others[room] ?? {};
  const marks = Object.fromEntries(
    members
      .filter(({ user, receipt }) => user.id !== me && receipt !== undefined)
      .map(({ user, receipt, joined_seq }) => [
        user.id,
        { ...raised(known[user.id] ?? NONE, receipt ?? NONE), joined_seq },
      ]),
  );
  return { ...state, others: { ...state.others, [room]: marks } };
}

export function othersRose(
  state: Receipts,
  room: RoomId,
  entries: readonly ReceiptEntry[],
): Receipts {
  const known = state.others[room];
  if (!known) return state;
  const marks = { ...known };
  for (const { user, ...by } of entries) {
    const mark = marks[user];
    if (mark) marks[user] = { ...raised(mark, by), joined_seq: mark.joined_seq };
  }
  return { ...state, others: { ...state.others, [room]: marks } };
}

export function memberJoined(state: Receipts, room: RoomId, user: UserId, seq: Seq): Receipts {
  const known = state.others[room];
  if (!known) return state;
  const marks = { ...known, [user]: { ...NONE, joined_seq: seq } };
  return { ...state, others: { ...state.others, [room]: marks } };
}

export function memberLeft(state: Receipts, room: RoomId, user: UserId): Receipts {
  const known = state.others[room];
  if (!known || !(user in known)) return state;
  const { [user]: _, ...marks } = known;
  return { ...state, others: { ...state.others, [room]: marks } };
}

/** How far a message of ours has come: `read` when everybody who was there has read it. */
export function tickOf(marks: Readonly<Record<UserId, Mark>> | undefined, seq: Seq): Tick {
  const awaited = Object.values(marks ?? {}).filter(({ joined_seq }) => joined_seq < seq);
  if (awaited.length === 0 || awaited.length >= SHOWN_MEMBERS_MAX) return 'sent';
  if (awaited.every(({ read }) => read >= seq)) return 'read';
  return awaited.every(({ delivered }) => delivered >= seq) ? 'delivered' : 'sent';
}

/** How many of the others have read a message, for the words beside the ticks. */
export function readersOf(marks: Readonly<Record<UserId, Mark>> | undefined, seq: Seq): UserId[] {
  return Object.entries(marks ?? {}).flatMap(([user, { read }]) => (read >= seq ? [user] : []));
}

function ownOf(state: Receipts, room: RoomId): OwnMarks {
  return state.own[room] ?? { held: NONE, wanted: NONE, busy: false };
}

function askOf(room: RoomId, { held: has, wanted }: OwnMarks): Ask | undefined {
  if (wanted.read > has.read) return { type: 'read', room, seq: wanted.read };
  if (wanted.delivered > has.delivered) return { type: 'delivered', room, seq: wanted.delivered };
  return undefined;
}
