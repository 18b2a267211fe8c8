import { expect, it, vi } from 'vitest';
import { Rest } from '../api/rest.ts';
import type { Room } from '../api/types.ts';
import { createStore } from '../store/store.ts';
import { Loader } from './loader.ts';
import { initial } from './state.ts';
import { empty, rowsOf } from './timeline.ts';

const room: Room = {
  id: 'r',
  kind: 'group',
  history: 'all',
  slow_mode_s: 0,
  archived: false,
  created_by: 'me',
  created_at_ms: 0,
  members: 2,
  head: 9,
  head_at_ms: 0,
  membership: { role: 'member', joined_seq: 1, visible_from: 1 },
  receipt: { delivered: 9, read: 9 },
  unread: { messages: 0, mentions: 0 },
};

/** A loader, and the requests that wait for their answers. */
function loader() {
  const waiting: { url: string; answer: (body: unknown) => void }[] = [];
  const fetcher = (url: string | URL | Request) =>
    new Promise<Response>((resolve) => {
      waiting.push({
        url: url as string,
        answer: (body) => resolve(new Response(JSON.stringify(body))),
      });
    });
  const store = createStore(initial({ id: 'me', display_name: 'me', origin: 'account' }, 'online'));
  return { waiting, store, load: new Loader(new Rest(undefined, fetcher), store) };
}

it('looks at a room again when the answer under way may be older than the question', async () => {
  const { waiting, store, load } = loader();
  const first = load.room('r');
  const second = load.room('r');
  const third = load.room('r');
  expect(waiting).toHaveLength(1);
  waiting[0]?.answer(room);
  await first;
  await Promise.resolve();
  expect(waiting).toHaveLength(2);
  const marked = { messages: 1, mentions: 0, first: 9 };
  waiting[1]?.answer({ ...room, unread: marked });
  await Promise.all([second, third]);
  expect(store.get().rooms.entries['r']?.counted).toEqual(marked);
  expect(waiting).toHaveLength(2);
});

it('shows a page together with the lines of what else happened in it', async () => {
  const { waiting, store, load } = loader();
  const known = load.room('r');
  waiting[0]?.answer(room);
  await known;
  const messages = [1, 4].map((seq) => ({ room: 'r', seq, sender: 'a', at_ms: seq, text: 'x' }));
  const joined = {
    room: 'r',
    seq: 2,
    sender: 'b',
    at_ms: 2,
    kind: 'member.joined',
    body: { user: 'b', role: 'member', visible_from: 1 },
  };
  const role = {
    ...joined,
    seq: 3,
    kind: 'member.role_changed',
    body: { user: 'b', role: 'admin' },
  };
  const shown = load.page('r', {});
  waiting[1]?.answer({
    messages,
    first_seq: 1,
    last_seq: 4,
    head: 4,
    has_before: false,
    has_after: false,
  });
  await vi.waitFor(() => expect(waiting).toHaveLength(3));
  expect(store.get().timelines['r']).toBeUndefined();
  expect(waiting[2]?.url).toBe('/v1/rooms/r/events?after=1&limit=2');
  waiting[2]?.answer({ events: [joined, role] });
  await shown;
  const rows = rowsOf(store.get().timelines['r'] ?? empty);
  expect(rows.map((row) => row.type)).toEqual(['start', 'message', 'notice', 'message']);
});
