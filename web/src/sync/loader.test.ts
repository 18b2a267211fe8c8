import { expect, it } from 'vitest';
import { Rest } from '../api/rest.ts';
import type { Room } from '../api/types.ts';
import { createStore } from '../store/store.ts';
import { Loader } from './loader.ts';
import { initial } from './state.ts';

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
