/**
 * What the timeline shows, row by row: messages with who and when, what else happened between them,
 * pending ones at the end, the day and the line of news above whichever row they belong to. Pure.
 */
import type { Message, RoomId, RoomSettings, Seq, UserId } from '../../api/types.ts';
import type { Notice } from '../../sync/notices.ts';
import type { Outgoing, SendState } from '../../sync/outbox.ts';
import { keyOfMessage, rowsOf, type Timeline } from '../../sync/timeline.ts';
import { dayOf } from '../time.ts';
import { foldedWith, toldOf, type Told } from './told.ts';

/** Messages of one person within this time stand together. */
export const GROUP_MS = 5 * 60_000;

export interface Shown {
  key: string;
  sender: UserId;
  at_ms: number;
  text: string;
  deleted: boolean;
  reply_to?: Seq;
  /** Not yet for what has not been acknowledged. */
  seq?: Seq;
  /** Of what is in the outbox. */
  pending?: { state: SendState; client_id: string };
}

export type Row =
  | { type: 'start'; key: string }
  | { type: 'gap'; key: string; from: Seq; to: Seq }
  | (ToldRow & { newDay: boolean })
  | {
      type: 'message';
      key: string;
      message: Shown;
      newDay: boolean;
      /** The line of news stands above it. */
      firstNew: boolean;
      /** First and last of what one person said in a row. */
      opens: boolean;
      closes: boolean;
    };

interface ToldRow {
  type: 'told';
  key: string;
  /** The last event of it. */
  seq: Seq;
  at_ms: number;
  told: Told;
}

type Bare =
  | Extract<Row, { type: 'start' | 'gap' }>
  | ToldRow
  | { type: 'message'; key: string; message: Shown };

export interface RowSource {
  room: RoomId;
  me: UserId;
  timeline: Timeline;
  outgoing: readonly Outgoing[];
  /** The first message that was unread when the room was opened. */
  newFrom: Seq | undefined;
}

export function rowsFor(source: RowSource): Row[] {
  const known = knownRows(source.timeline);
  const there = new Set(known.map(({ key }) => key));
  const pending = source.outgoing
    .map((entry) => pendingOf(entry, source.me))
    .filter(({ key }) => !there.has(key))
    .map((message): Bare => ({ type: 'message', key: message.key, message }));
  return decorated([...known, ...pending], source);
}

function knownRows(timeline: Timeline): Bare[] {
  const rows: Bare[] = [];
  /** As far as it is known here. */
  let settings: RoomSettings | undefined;
  for (const row of rowsOf(timeline)) {
    if (row.type === 'start') rows.push({ type: 'start', key: 'start' });
    else if (row.type === 'gap') {
      settings = undefined;
      rows.push({ ...row, key: `gap:${row.to}` });
    } else if (row.type === 'message') {
      const message = shownOf(row.message);
      rows.push({ type: 'message', key: message.key, message });
    } else if (row.type === 'notice') {
      addTold(rows, row.notice, settings);
      if ('settings' in row.notice) settings = row.notice.settings;
    }
  }
  return rows;
}

/** Who comes right after others is named in their line. */
function addTold(rows: Bare[], notice: Notice, settings: RoomSettings | undefined): void {
  const told = toldOf(notice, settings);
  if (!told) return;
  const { seq, at_ms } = notice;
  const last = rows.at(-1);
  const sameDay = last?.type === 'told' && dayOf(last.at_ms) === dayOf(at_ms);
  const folded = sameDay ? foldedWith(last.told, told) : undefined;
  if (sameDay && folded) rows[rows.length - 1] = { ...last, seq, at_ms, told: folded };
  else rows.push({ type: 'told', key: `told:${seq}`, seq, at_ms, told });
}

function decorated(rows: readonly Bare[], { newFrom, me }: RowSource): Row[] {
  const firstNew = rows.find(
    (row) =>
      row.type === 'message' &&
      newFrom !== undefined &&
      (row.message.seq ?? 0) >= newFrom &&
      row.message.sender !== me,
  );
  return rows.map((row, index): Row => {
    if (row.type === 'start' || row.type === 'gap') return row;
    const before = rows[index - 1];
    const after = rows[index + 1];
    const newDay = dayOfRow(before) !== dayOfRow(row);
    if (row.type === 'told') return { ...row, newDay };
    return {
      ...row,
      newDay,
      firstNew: row === firstNew,
      opens: row === firstNew || !together(before, row),
      closes: after === firstNew || !together(row, after),
    };
  });
}

function dayOfRow(row: Bare | undefined): ReturnType<typeof dayOf> | undefined {
  if (row?.type === 'told') return dayOf(row.at_ms);
  return row?.type === 'message' ? dayOf(row.message.at_ms) : undefined;
}

function together(a: Bare | undefined, b: Bare | undefined): boolean {
  if (a?.type !== 'message' || b?.type !== 'message') return false;
  const [first, second] = [a.message, b.message];
  return (
    first.sender === second.sender &&
    second.at_ms - first.at_ms < GROUP_MS &&
    dayOf(first.at_ms) === dayOf(second.at_ms) &&
    second.reply_to === undefined
  );
}

export function shownOf(message: Message): Shown {
  return {
    key: keyOfMessage(message),
    sender: message.sender,
    at_ms: message.at_ms,
    text: message.text ?? '',
    deleted: message.deleted ?? false,
    seq: message.seq,
    ...(message.reply_to === undefined ? {} : { reply_to: message.reply_to }),
  };
}

function pendingOf({ letter, state }: Outgoing, me: UserId): Shown {
  const { client_id, room, text, reply_to } = letter;
  return {
    key: keyOfMessage({ sender: me, client_id, room, seq: 0 }),
    sender: me,
    at_ms: state.name === 'sent' ? state.at_ms : letter.written_at_ms,
    text,
    deleted: false,
    pending: { state, client_id },
    ...(state.name === 'sent' ? { seq: state.seq } : {}),
    ...(reply_to === undefined ? {} : { reply_to }),
  };
}
