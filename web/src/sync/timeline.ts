/**
 * What is known of one room's log: ranges of seqs, each complete in itself, the messages in them and
 * the lines of what else happened.
 *
 * *Invariant*: ranges are ascending and never touch or overlap; two pages are joined only when they
 * touch, so a hole is always a hole on screen. A seq in a range without either is an event that is not shown.
 */
import type { Event, Message, Page, RoomId, Seq, UserId } from '../api/types.ts';
import type { Notice } from './notices.ts';

export interface Range {
  first: Seq;
  last: Seq;
  messages: readonly Message[];
  notices: readonly Notice[];
}

export interface Timeline {
  ranges: readonly Range[];
  /** The last seq that the room is known to have. */
  head: Seq;
  /** The first seq that this member may see, once a page has said so. */
  start: Seq | undefined;
}

export type Row =
  | { type: 'start' }
  | { type: 'older'; before: Seq }
  | { type: 'message'; message: Message }
  | { type: 'notice'; notice: Notice }
  /** Seqs `from..=to` are not known. */
  | { type: 'gap'; from: Seq; to: Seq };

export const empty: Timeline = { ranges: [], head: 0, start: undefined };

export function addPage(timeline: Timeline, page: Page, notices: readonly Notice[] = []): Timeline {
  const head = Math.max(timeline.head, page.head);
  const start = page.has_before ? timeline.start : (timeline.start ?? page.first_seq);
  if (page.last_seq < page.first_seq) return { ...timeline, head, start };
  const range = { first: page.first_seq, last: page.last_seq, messages: page.messages, notices };
  return { head, start, ranges: insert(timeline.ranges, range) };
}

/** Begins anew from the latest page; of what was known only what goes on from there is kept. */
export function latestOnly(
  timeline: Timeline,
  page: Page,
  notices: readonly Notice[] = [],
): Timeline {
  const ranges = timeline.ranges.filter(({ last }) => last + 1 >= page.first_seq);
  return addPage({ ...timeline, ranges }, page, notices);
}

/** What lies before the first known range, if one may see it. */
export function olderThan(timeline: Timeline): Seq | undefined {
  const first = timeline.ranges[0]?.first;
  return first === undefined || first <= (timeline.start ?? 1) ? undefined : first;
}

/** An event that is already known changes nothing, to the reference. */
export function addEvent(timeline: Timeline, event: Event, notice?: Notice): Timeline {
  const { seq } = event;
  if (knows(timeline, seq)) return timeline;
  const message = messageOf(event);
  const range = {
    first: seq,
    last: seq,
    messages: message ? [message] : [],
    notices: notice ? [notice] : [],
  };
  return {
    ...timeline,
    head: Math.max(timeline.head, seq),
    ranges: insert(timeline.ranges, range),
  };
}

/** The room is known to go on up to `head`; what is missing shows as a gap. */
export function raiseHead(timeline: Timeline, head: Seq): Timeline {
  return head > timeline.head ? { ...timeline, head } : timeline;
}

export function knows(timeline: Timeline, seq: Seq): boolean {
  return timeline.ranges.some((range) => range.first <= seq && seq <= range.last);
}

export function find(timeline: Timeline, seq: Seq): Message | undefined {
  return timeline.ranges
    .find((range) => range.first <= seq && seq <= range.last)
    ?.messages.find((message) => message.seq === seq);
}

/** The last message that somebody other than `me` is known to have written. */
export function lastOfOthers(timeline: Timeline, me: UserId): Seq | undefined {
  return timeline.ranges
    .flatMap(({ messages }) => messages)
    .findLast(({ sender, deleted }) => sender !== me && deleted !== true)?.seq;
}

/** Whether everything up to the room's head is here. */
export function reachesHead(timeline: Timeline): boolean {
  const last = timeline.ranges.at(-1);
  return last !== undefined && last.last >= timeline.head;
}

/** What the screen shows, from the oldest to the newest. */
export function rowsOf(timeline: Timeline): Row[] {
  const [first] = timeline.ranges;
  if (!first) return timeline.start === undefined ? [] : [{ type: 'start' }];
  const before = olderThan(timeline);
  const rows: Row[] = [before === undefined ? { type: 'start' } : { type: 'older', before }];
  let next = first.first;
  for (const range of timeline.ranges) {
    if (range.first > next) rows.push({ type: 'gap', from: next, to: range.first - 1 });
    rows.push(...rowsIn(range));
    next = range.last + 1;
  }
  if (next <= timeline.head) rows.push({ type: 'gap', from: next, to: timeline.head });
  return rows;
}

function rowsIn({ messages, notices }: Range): Row[] {
  const said = messages.map((message): Row => ({ type: 'message', message }));
  if (notices.length === 0) return said;
  const seqOf = (row: Row) =>
    row.type === 'message' ? row.message.seq : row.type === 'notice' ? row.notice.seq : 0;
  const told = notices.map((notice): Row => ({ type: 'notice', notice }));
  return [...said, ...told].sort((a, b) => seqOf(a) - seqOf(b));
}

/** Keeps the newest messages of a room that is no longer looked at: memory is bounded by rooms, not by reading. */
export function trim(timeline: Timeline, keep: number): Timeline {
  const last = timeline.ranges.at(-1);
  if (!last) return timeline;
  if (last.messages.length <= keep) return { ...timeline, ranges: [last] };
  const messages = last.messages.slice(-keep);
  const first = messages[0]?.seq ?? last.first;
  const notices = last.notices.filter(({ seq }) => seq >= first);
  return { ...timeline, ranges: [{ first, last: last.last, messages, notices }] };
}

export function messageOf(event: Event): Message | undefined {
  if (event.kind !== 'message.sent') return undefined;
  const { kind: _, body, ...head } = event;
  return { ...head, ...body };
}

/** A name that stays the same from the first keystroke's send to the page of next year. */
export function keyOfMessage(message: {
  sender: string;
  client_id?: string;
  room: RoomId;
  seq: Seq;
}): string {
  return message.client_id === undefined
    ? `${message.room}:${message.seq}`
    : `${message.sender}:${message.client_id}`;
}

function insert(ranges: readonly Range[], added: Range): Range[] {
  const before = ranges.filter((range) => range.last + 1 < added.first);
  const after = ranges.filter((range) => range.first > added.last + 1);
  const joined = ranges.slice(before.length, ranges.length - after.length).reduce(union, added);
  return [...before, joined, ...after];
}

/** Two ranges that overlap or touch. Where both have a message, `a` says how it reads now. */
function union(a: Range, b: Range): Range {
  return {
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    messages: merged(a.messages, b.messages),
    // Lines do not change; one that came live knows more than one from the log.
    notices: merged(b.notices, a.notices),
  };
}

/** Both, ascending; of two with the same seq that of `a`. */
function merged<T extends { seq: Seq }>(a: readonly T[], b: readonly T[]): readonly T[] {
  const [firstA, lastA, firstB, lastB] = [a[0], a.at(-1), b[0], b.at(-1)];
  if (!firstA || !lastA) return b;
  if (!firstB || !lastB) return a;
  if (lastB.seq < firstA.seq) return [...b, ...a];
  if (lastA.seq < firstB.seq) return [...a, ...b];
  const bySeq = new Map([...b, ...a].map((item) => [item.seq, item]));
  return [...bySeq.values()].sort((x, y) => x.seq - y.seq);
}
