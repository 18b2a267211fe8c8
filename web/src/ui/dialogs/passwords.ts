/** What is wrong with a change of password before anybody is asked. Pure. */

interface Change {
  current: string;
  next: string;
  again: string;
}

export function mismatchOf({ current, next, again }: Change): string | undefined {
  if (next !== again) return 'The new password is not the same both times.';
  if (next === current) return 'The new password is the one that you have.';
  return undefined;
}
