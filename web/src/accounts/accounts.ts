/**
 * The accounts that are signed in on this browser, and which of them this window is.
 *
 * Accounts live in localStorage, one key each, so that windows never overwrite each other's; the
 * choice lives in sessionStorage, so that two windows can be two people. A window that has not
 * chosen takes the account that was used last.
 */
import type { Profile, Session, UserId } from '../api/types.ts';

const PREFIX = 'tidings.account.';
const LAST = 'tidings.last';
const ACTIVE = 'tidings.active';

export type Account = Session;

export function keyOf(id: UserId): string {
  return PREFIX + id;
}

export function accountOf(id: UserId): Account | undefined {
  return parsed(localStorage.getItem(keyOf(id)));
}

export function accounts(): Account[] {
  return Array.from({ length: localStorage.length }, (_, index) => localStorage.key(index))
    .filter((key): key is string => key?.startsWith(PREFIX) ?? false)
    .map((key) => parsed(localStorage.getItem(key)))
    .filter((account) => account !== undefined)
    .sort((a, b) => a.user.display_name.localeCompare(b.user.display_name));
}

export function saveAccount(account: Account): void {
  localStorage.setItem(keyOf(account.user.id), JSON.stringify(account));
}

export function saveProfile(user: Profile): void {
  const account = accountOf(user.id);
  if (account) saveAccount({ ...account, user });
}

/** Signs an account out of this browser; what it had not sent yet waits for the next sign-in. */
export function removeAccount(id: UserId): void {
  localStorage.removeItem(keyOf(id));
  if (localStorage.getItem(LAST) === id) localStorage.removeItem(LAST);
  if (sessionStorage.getItem(ACTIVE) === id) sessionStorage.removeItem(ACTIVE);
}

/** Removes all that an account left here; drafts and unsent messages are nobody else's to see. */
export function forgetAccount(id: UserId): void {
  removeAccount(id);
  Object.keys(localStorage)
    .filter((key) => key.startsWith('tidings.') && key.includes(`.${id}.`))
    .forEach((key) => localStorage.removeItem(key));
}

/** Who this window is; the choice is kept for as long as the window. */
export function activeAccount(): UserId | undefined {
  const chosen =
    sessionStorage.getItem(ACTIVE) ?? localStorage.getItem(LAST) ?? accounts()[0]?.user.id;
  if (!chosen || !accountOf(chosen)) return undefined;
  sessionStorage.setItem(ACTIVE, chosen);
  return chosen;
}

export function activate(id: UserId): void {
  sessionStorage.setItem(ACTIVE, id);
  localStorage.setItem(LAST, id);
}

function parsed(text: string | null): Account | undefined {
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as Account;
  } catch {
    return undefined;
  }
}
