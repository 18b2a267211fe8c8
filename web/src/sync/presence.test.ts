import { expect, it } from 'vitest';
import * as p from './presence.ts';

const online = (user: string) => ({ user, presence: 'online' as const });

it('watches whom the screen shows, and only the difference', () => {
  let [state, change] = p.want(p.initial, ['a', 'b', 'b']);
  expect(change).toEqual({ watch: [], unwatch: [] });
  [state, change] = p.connected(state);
  expect(change).toEqual({ watch: ['a', 'b'], unwatch: [] });
  [state, change] = p.want(state, ['b', 'c']);
  expect(change).toEqual({ watch: ['c'], unwatch: ['a'] });
});

it('watches everybody again on a new connection', () => {
  let [state] = p.connected(p.want(p.initial, ['a'])[0]);
  state = p.disconnected(state);
  expect(p.connected(state)[1]).toEqual({ watch: ['a'], unwatch: [] });
});

it('shows nobody’s dot without a connection', () => {
  const [state] = p.connected(p.want(p.initial, ['a'])[0]);
  const known = p.heard(state, [online('a')]);
  expect(known.people['a']?.presence).toBe('online');
  expect(p.disconnected(known).people).toEqual({});
  expect(p.heard(p.disconnected(known), [online('a')]).people).toEqual({});
});
