/** Who is meant by the `@names` of a text. */
import type { Member, UserId } from '../../api/types.ts';

/** People that one message mentions at most (see GET /v1/limits). */
const MENTIONS_MAX = 50;

export function mentionedIn(text: string, members: readonly Member[]): UserId[] {
  const names = new Set(
    Array.from(text.matchAll(/(?<![\w@.])@([a-z0-9][a-z0-9._-]*)/gi), ([, name = '']) =>
      name.toLowerCase().replace(/[._-]+$/, ''),
    ),
  );
  return members
    .filter(({ user }) => user.username !== undefined && names.has(user.username))
    .map(({ user }) => user.id)
    .slice(0, MENTIONS_MAX);
}
