import { describe, expect, it } from 'vitest';
import type { Message } from '../../api/types.ts';
import type { Outgoing } from '../../sync/outbox.ts';
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

function rows(messages: Message[], outgoing: Outgoing[] = [], newFrom?: number): Row[] {
  const last_seq = messages.at(-1)?.seq ?? 0;
  const page = {
    messages,
    first_seq: 1,
    last_seq,
    head: last_seq,
    has_before: false,
    has_after: false,
  };
  return rowsFor({ room: 'r', me: 'me', timeline: addPage(empty, page), outgoing, newFrom });
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

  it('start a reply apart, for its quote', () => {
    expect(shown(rows([message(1, 'a'), message(2, 'a', NOON + 2, { reply_to: 1 })]))).toBe(
      'start =(t1) (t2)',
    );
  });
});
