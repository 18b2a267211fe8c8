/**
 * Who is here, of those one looks at. Pure.
 *
 * *Invariant*: what is shown is what the server said on this very connection; without one nobody's dot
 * is shown, for it might lie.
 */
import type { PresenceEntry, UserId } from '../api/types.ts';

/** People that one connection may watch (see GET /v1/limits). */
export const WATCHED_MAX = 500;

export interface Presences {
  people: Readonly<Record<UserId, PresenceEntry>>;
  /** Whom the screen shows. */
  wanted: readonly UserId[];
  /** Whom this connection watches. */
  watched: readonly UserId[];
  connected: boolean;
}

export interface Change {
  watch: UserId[];
  unwatch: UserId[];
}

export const initial: Presences = { people: {}, wanted: [], watched: [], connected: false };

export function want(state: Presences, users: Iterable<UserId>): [Presences, Change] {
  return settle({ ...state, wanted: [...new Set(users)].slice(0, WATCHED_MAX) });
}

export function connected(state: Presences): [Presences, Change] {
  return settle({ ...state, connected: true, people: {}, watched: [] });
}

export function disconnected(state: Presences): Presences {
  return { ...state, connected: false, people: {}, watched: [] };
}

export function heard(state: Presences, entries: readonly PresenceEntry[]): Presences {
  if (!state.connected || entries.length === 0) return state;
  const people = { ...state.people };
  for (const entry of entries) people[entry.user] = entry;
  return { ...state, people };
}

function settle(state: Presences): [Presences, Change] {
  if (!state.connected) return [state, { watch: [], unwatch: [] }];
  const wanted = new Set(state.wanted);
  const watched = new Set(state.watched);
  const change = {
    watch: state.wanted.filter((user) => !watched.has(user)),
    unwatch: state.watched.filter((user) => !wanted.has(user)),
  };
  const dropped = new Set(change.unwatch);
  const people = Object.fromEntries(
    Object.entries(state.people).filter(([user]) => !dropped.has(user)),
  );
  return [{ ...state, watched: state.wanted, people }, change];
}
