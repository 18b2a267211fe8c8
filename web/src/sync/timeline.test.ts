import { describe, expect, it } from 'vitest';
import type { Event, Page } from '../api/types.ts';
import type { Notice } from './notices.ts';
import * as t from './timeline.ts';

function page(first_seq: number, last_seq: number, head: number, start = 1): Page {
  const messages = Array.from({ length: Math.max(0, last_seq - first_seq + 1) }, (_, i) => ({
    room: 'r',
    seq: first_seq + i,
    sender: 'u',
    at_ms: 0,
    text: `p${first_seq + i}`,
  }));
  return {
    messages,
    first_seq,
    last_seq,
    head,
    has_before: first_seq > start,
    has_after: last_seq < head,
  };
}

function said(seq: number, text = `e${seq}`): Event {
  return {
    kind: 'message.sent',
    room: 'r',
    seq,
    sender: 'u',
    at_ms: 0,
    client_id: `c${seq}`,
    body: { text },
  };
}

/** `[1-3]` a range of messages, `?4-6` a gap, `<` older ones, `|` the beginning. */
function shown(timeline: t.Timeline): string {
  const parts: string[] = [];
  let run: number[] = [];
  const flush = () => {
    if (run.length > 0) parts.push(`[${run[0]}-${run.at(-1)}]`);
    run = [];
  };
  for (const row of t.rowsOf(timeline)) {
    if (row.type === 'message') {
      run.push(row.message.seq);
      continue;
    }
    flush();
    parts.push(
      {
        start: '|',
        older: '<',
        gap: row.type === 'gap' ? `?${row.from}-${row.to}` : '',
        notice: row.type === 'notice' ? `~${row.notice.seq}` : '',
      }[row.type],
    );
  }
  flush();
  return parts.join(' ');
}

describe('timeline', () => {
  it('joins pages that touch and never those that do not', () => {
    let line = t.addPage(t.empty, page(41, 50, 50));
    expect(shown(line)).toBe('< [41-50]');
    line = t.addPage(line, page(11, 20, 50));
    expect(shown(line)).toBe('< [11-20] ?21-40 [41-50]');
    line = t.addPage(line, page(21, 30, 50));
    expect(shown(line)).toBe('< [11-30] ?31-40 [41-50]');
    line = t.addPage(line, page(31, 45, 50));
    expect(shown(line)).toBe('< [11-50]');
    line = t.addPage(line, page(1, 10, 50));
    expect(shown(line)).toBe('| [1-50]');
  });

  it('appends events in order and passes over what it knows', () => {
    const line = t.addEvent(t.addPage(t.empty, page(1, 3, 3)), said(4));
    expect(shown(line)).toBe('| [1-4]');
    expect(t.addEvent(line, said(4))).toBe(line);
    expect(t.addEvent(line, said(2))).toBe(line);
  });

  it('shows a jump as a gap until it is filled', () => {
    let line = t.addEvent(t.addPage(t.empty, page(1, 3, 3)), said(7));
    expect(shown(line)).toBe('| [1-3] ?4-6 [7-7]');
    line = t.addEvent(line, said(5));
    expect(shown(line)).toBe('| [1-3] ?4-4 [5-5] ?6-6 [7-7]');
    line = t.addPage(line, page(4, 7, 7));
    expect(shown(line)).toBe('| [1-7]');
  });

  it('shows what the server said is missing at the end', () => {
    const line = t.raiseHead(t.addPage(t.empty, page(1, 3, 3)), 9);
    expect(shown(line)).toBe('| [1-3] ?4-9');
    expect(t.reachesHead(line)).toBe(false);
  });

  it('gives the same when events come before the page that has them', () => {
    const early = t.addPage(t.addEvent(t.addEvent(t.empty, said(4)), said(5)), page(2, 4, 4, 2));
    expect(shown(early)).toBe('| [2-5]');
    expect(t.reachesHead(early)).toBe(true);
  });

  it('covers other kinds of event without showing them', () => {
    const joined: Event = {
      kind: 'member.joined',
      room: 'r',
      seq: 4,
      sender: 'u',
      at_ms: 0,
      body: { user: 'v', role: 'member', visible_from: 1 },
    };
    const line = t.addEvent(t.addEvent(t.addPage(t.empty, page(1, 3, 3)), joined), said(5));
    expect(t.rowsOf(line).filter(({ type }) => type === 'gap')).toEqual([]);
    expect(t.knows(line, 4)).toBe(true);
  });

  it('lets a page say how a message reads now', () => {
    const line = t.addPage(t.addEvent(t.empty, said(1, 'before')), page(1, 1, 1));
    expect(t.find(line, 1)?.text).toBe('p1');
  });

  it('knows the beginning of a room without messages', () => {
    const line = t.addPage(t.empty, {
      messages: [],
      first_seq: 1,
      last_seq: 2,
      head: 2,
      has_before: false,
      has_after: false,
    });
    expect(shown(line)).toBe('|');
    expect(t.reachesHead(line)).toBe(true);
  });

  it('forgets older messages of a room that was left, and says so', () => {
    const line = t.trim(t.addPage(t.addPage(t.empty, page(1, 50, 90)), page(61, 90, 90)), 10);
    expect(shown(line)).toBe('< [81-90]');
  });

  it('begins anew from the latest page, keeping what goes on from it', () => {
    const held = t.addEvent(t.addPage(t.empty, page(1, 20, 90)), said(91));
    expect(shown(t.latestOnly(held, page(61, 90, 90)))).toBe('< [61-91]');
  });

  it('is the same in whatever order its parts come', () => {
    const parts = [page(1, 4, 12), page(3, 6, 12), page(9, 10, 12), page(7, 8, 12)];
    const events = [said(11), said(12)];
    for (let turn = 0; turn < 40; turn++) {
      const steps = [
        ...parts.map((part) => (line: t.Timeline) => t.addPage(line, part)),
        ...events.map((event) => (line: t.Timeline) => t.addEvent(line, event)),
      ].sort((_, __) => Math.sin((turn + 1) * 7919 + turn) - 0.3);
      const turned = [...steps.slice(turn % 6), ...steps.slice(0, turn % 6)];
      expect(shown(turned.reduce((line, apply) => apply(line), t.empty))).toBe('| [1-12]');
    }
  });

  it('names a message the same before and after it has a seq', () => {
    const sent = t.keyOfMessage({ sender: 'u', client_id: 'c', room: 'r', seq: 0 });
    expect(t.keyOfMessage({ sender: 'u', client_id: 'c', room: 'r', seq: 9 })).toBe(sent);
  });

  it('keeps the lines between messages in order, each once, and loses them with what they stand in', () => {
    const joined = (seq: number): Notice => ({ seq, at_ms: 0, by: 'u', kind: 'joined', user: 'u' });
    const unsaid = (seq: number): Event => ({
      kind: 'member.joined',
      room: 'r',
      seq,
      sender: 'u',
      at_ms: 0,
      body: { user: 'u', role: 'member', visible_from: 1 },
    });
    const sparse = {
      ...page(1, 4, 4),
      messages: page(1, 4, 4).messages.filter((m) => m.seq !== 2),
    };
    let line = t.addPage(t.empty, sparse, [joined(2)]);
    line = t.addEvent(line, unsaid(5), joined(5));
    line = t.addPage(t.addEvent(line, said(6)), sparse, [joined(2)]);
    expect(shown(line)).toBe('| [1-1] ~2 [3-4] ~5 [6-6]');
    expect(shown(t.trim(line, 1))).toBe('< [6-6]');
  });

  it('knows the last message of somebody else', () => {
    const line = t.addEvent(t.addPage(t.empty, page(1, 3, 3)), { ...said(4), sender: 'me' });
    expect([t.lastOfOthers(line, 'me'), t.lastOfOthers(line, 'u')]).toEqual([3, 4]);
    expect(t.lastOfOthers(t.empty, 'me')).toBeUndefined();
  });
});
