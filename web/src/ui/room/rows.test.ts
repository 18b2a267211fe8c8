import { describe, expect, it } from 'vitest';
import type { Message } from '../../api/types.ts';
import type { Outgoing } from '../../sync/outbox.ts';
import type { Notice } from '../../sync/notices.ts';
import { addPage, empty } from '../../sync/timeline.ts';
import { GROUP_MS, rowsFor, type Row } from './rows.ts';

const NOON = new Date(2026, 5, 15, 12).getTime();

function message(
  seq: number,
  sender: string,
  at_ms = NOON + seq,
  more: Partial<Message> = {},
): Message {
  return { room: 'r', seq, sender, at_ms, text: `t${seq}`, client_id: `c${seq}`, ...more };
}

function rows(
  messages: Message[],
  outgoing: Outgoing[] = [],
  newFrom?: number,
  notices: Notice[] = [],
): Row[] {
  const last_seq = messages.at(-1)?.seq ?? 0;
  const page = {
    messages,
    first_seq: 1,
    last_seq,
    head: last_seq,
    has_before: false,
    has_after: false,
  };
  return rowsFor({
    room: 'r',
    me: 'me',
    timeline: addPage(empty, page, notices),
    outgoing,
    newFrom,
  });
}

/** `(a b)` stand together, `=` is a new day, `!` the line of news. */
function shown(list: Row[]): string {
  return list
    .map((row) =>
      row.type === 'message'
        ? [
            row.newDay ? '=' : '',
            row.firstNew ? '!' : '',
            row.opens ? '(' : '',
            row.message.text,
            row.closes ? ')' : '',
          ].join('')
        : row.type === 'told'
          ? `${row.newDay ? '=' : ''}~${row.told.act}`
          : row.type,
    )
    .join(' ');
}

const pending = (client_id: string, state: Outgoing['state'] = { name: 'queued' }): Outgoing => ({
  letter: { room: 'r', client_id, text: `p-${client_id}`, written_at_ms: NOON + 10 },
  state,
});

describe('rows', () => {
  it('put together what one person says in a row', () => {
    const list = rows([
      message(1, 'a'),
      message(2, 'a'),
      message(3, 'b'),
      message(4, 'b', NOON + 3 + GROUP_MS),
    ]);
    expect(shown(list)).toBe('start =(t1 t2) (t3) (t4)');
  });

  it('begin each day anew', () => {
    expect(shown(rows([message(1, 'a', NOON), message(2, 'a', NOON + 86_400_000)]))).toBe(
      'start =(t1) =(t2)',
    );
  });

  it('draw the line of news above the first unread message of others', () => {
    expect(
      shown(rows([message(1, 'b'), message(2, 'me'), message(3, 'b'), message(4, 'b')], [], 2)),
    ).toBe('start =(t1) (t2) !(t3 t4)');
  });

  it('show what is pending at the end, once, under the key that it keeps', () => {
    const before = rows([message(1, 'b')], [pending('c9')]);
    const after = rows(
      [message(1, 'b'), message(9, 'me')],
      [pending('c9', { name: 'sent', seq: 9, at_ms: NOON })],
    );
    expect(before.at(-1)?.key).toBe(after.at(-1)?.key);
    expect(after.filter(({ type }) => type === 'message')).toHaveLength(2);
  });

  it('tell what else happened where it happened, and say each day once', () => {
    const joined = (seq: number, user: string, at_ms = NOON + seq): Notice => ({
      seq,
      at_ms,
      by: user,
      kind: 'joined',
      user,
    });
    const list = rows([message(3, 'a'), message(6, 'a')], [], 6, [
      joined(2, 'b', NOON - 86_400_000),
      joined(4, 'c'),
      joined(5, 'd'),
    ]);
    expect(shown(list)).toBe('start =~joined =(t3) ~joined !(t6)');
    const told = list.find((row) => row.type === 'told' && row.seq === 5);
    expect(told).toMatchObject({ key: 'told:4', told: { act: 'joined', users: ['c', 'd'] } });
  });

  it('hold a change of settings against the log only where no hole lies between', () => {
    const settings = (name: string) => ({
      name,
      history: 'all' as const,
      slow_mode_s: 0,
      archived: false,
    });
    const head = { at_ms: NOON, by: 'a' };
    const created: Notice = { ...head, seq: 1, kind: 'created', settings: settings('Old') };
    const change = (seq: number): Notice => ({
      ...head,
      seq,
      kind: 'changed',
      settings: settings('New'),
      before: undefined,
    });
    const whole = rows([message(4, 'a')], [], undefined, [created, change(2), change(3)]);
    expect(whole.filter(({ type }) => type === 'told')).toMatchObject([
      { told: { what: { of: 'name', name: 'New' } } },
    ]);
    const [low, high] = [
      { messages: [], first_seq: 1, last_seq: 1, head: 9, has_before: false, has_after: true },
      { messages: [], first_seq: 8, last_seq: 9, head: 9, has_before: true, has_after: false },
    ];
    const timeline = addPage(addPage(empty, low, [created]), high, [change(8)]);
    const torn = rowsFor({ room: 'r', me: 'me', timeline, outgoing: [], newFrom: undefined });
    expect(torn.at(-1)).toMatchObject({ told: { what: { of: 'details' } } });
  });

  it('start a reply apart, for its quote', () => {
    expect(shown(rows([message(1, 'a'), message(2, 'a', NOON + 2, { reply_to: 1 })]))).toBe(
      'start =(t1) (t2)',
    );
  });
});
