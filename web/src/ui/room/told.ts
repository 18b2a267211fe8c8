/** What happened besides messages, as a line of words: who joined, left, renamed. Pure. */
import type { RoomSettings, UserId } from '../../api/types.ts';
import type { Notice } from '../../sync/notices.ts';

export type Told =
  | { act: 'joined' | 'left'; users: readonly UserId[] }
  | { act: 'added' | 'removed' | 'banned'; by: UserId; users: readonly UserId[] }
  | { act: 'changed'; by: UserId; what: Change };

export type Change =
  | { of: 'name'; name: string | undefined }
  | { of: 'about' | 'archived' | 'opened' | 'slow_mode' | 'details' };

/** A piece of a line: our words, a person, or words of theirs. */
export type Piece = string | { user: UserId } | { text: string };

/** So many people are named; the others are counted. */
const NAMED_MAX = 3;

/** `known` are the settings before it, where the log itself says them. */
export function toldOf(notice: Notice, known: RoomSettings | undefined): Told | undefined {
  const { by } = notice;
  switch (notice.kind) {
    case 'joined':
      return notice.user === by
        ? { act: 'joined', users: [by] }
        : { act: 'added', by, users: [notice.user] };
    case 'left':
      return notice.reason === 'left'
        ? { act: 'left', users: [notice.user] }
        : { act: notice.reason, by, users: [notice.user] };
    case 'created':
      return undefined;
    case 'changed': {
      const what = changeOf(notice.before ?? known, notice.settings);
      return what && { act: 'changed', by, what };
    }
  }
}

/** The same act of the same person on others stands in one line. */
export function foldedWith(told: Told, next: Told): Told | undefined {
  if (told.act === 'changed' || next.act === 'changed' || told.act !== next.act) return undefined;
  if ('by' in told && 'by' in next && told.by !== next.by) return undefined;
  const users = [...told.users.filter((user) => !next.users.includes(user)), ...next.users];
  return { ...told, users };
}

export function wordsOf(told: Told, me: UserId): Piece[] {
  switch (told.act) {
    case 'joined':
    case 'left':
      return [...listOf(told.users, me, 'You'), ` ${told.act}`];
    case 'changed':
      return [personOf(told.by, me, 'You'), ...changeWords(told.what)];
    default:
      return [personOf(told.by, me, 'You'), ` ${told.act} `, ...listOf(told.users, me, 'you')];
  }
}

function changeOf(before: RoomSettings | undefined, now: RoomSettings): Change | undefined {
  if (!before) return { of: 'details' };
  if (before.name !== now.name) return { of: 'name', name: now.name };
  if (before.description !== now.description) return { of: 'about' };
  if (before.archived !== now.archived) return { of: now.archived ? 'archived' : 'opened' };
  if (before.slow_mode_s !== now.slow_mode_s) return { of: 'slow_mode' };
  return before.avatar_url === now.avatar_url && before.history === now.history
    ? undefined
    : { of: 'details' };
}

function changeWords(what: Change): Piece[] {
  switch (what.of) {
    case 'name':
      return what.name === undefined
        ? [' removed the name']
        : [' changed the name to “', { text: what.name }, '”'];
    case 'about':
      return [' changed what this room is about'];
    case 'archived':
      return [' archived this room'];
    case 'opened':
      return [' opened this room again'];
    case 'slow_mode':
      return [' changed the slow mode'];
    case 'details':
      return [' changed this room’s details'];
  }
}

function personOf(user: UserId, me: UserId, self: string): Piece {
  return user === me ? self : { user };
}

function listOf(users: readonly UserId[], me: UserId, self: string): Piece[] {
  const more = users.length - NAMED_MAX;
  const named = users.slice(0, more > 0 ? NAMED_MAX - 1 : NAMED_MAX);
  const pieces = named.map((user, index) => personOf(user, me, index === 0 ? self : 'you'));
  if (more > 0) pieces.push(`${users.length - named.length} others`);
  return pieces.flatMap((piece, index) => {
    if (index === 0) return [piece];
    return [index === pieces.length - 1 ? ' and ' : ', ', piece];
  });
}
