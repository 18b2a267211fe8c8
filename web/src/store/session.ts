/**
 * Which account this window runs, and its shell. At most one shell runs at a time.
 */
import {
  accountOf,
  activate,
  activeAccount,
  forgetAccount,
  removeAccount,
} from '../accounts/accounts.ts';
import { sessions } from '../api/endpoints.ts';
import type { Session, UserId } from '../api/types.ts';
import { Shell } from '../sync/shell.ts';
import { availabilityOf } from './preferences.ts';
import { createStore } from './store.ts';

export interface Running {
  shell: Shell | undefined;
  /** Why nobody is signed in any more, where that needs a word. */
  notice: string | undefined;
}

export const running = createStore<Running>({ shell: undefined, notice: undefined });

/** At the start of the page: the account that this window had, or the last one. */
export function resumeAccount(): void {
  const id = activeAccount();
  if (id !== undefined) openAccount(id);
}

export function openAccount(id: UserId): void {
  const account = accountOf(id);
  if (!account) return;
  running.get().shell?.stop();
  activate(id);
  const shell: Shell = new Shell(account.user, availabilityOf(id), {
    signedOut: () => running.get().shell === shell && sessionEnded(id),
  });
  running.set(() => ({ shell, notice: undefined }));
  shell.start();
}

export function isRunning(session: Session): boolean {
  return running.get().shell?.store.get().me.id === session.user.id;
}

/** Ended by the server or in another window: drafts and unsent messages stay for the next sign-in. */
function sessionEnded(id: UserId): void {
  running.get().shell?.stop();
  removeAccount(id);
  running.set(() => ({
    shell: undefined,
    notice: 'Your session has ended. Sign in again to go on.',
  }));
}

/** Leaves this account for good on this browser, also when the server cannot be told. */
export async function signOut(): Promise<void> {
  const { shell } = running.get();
  if (!shell) return;
  const id = shell.store.get().me.id;
  await sessions.revoke(shell.rest, 'current').catch(() => undefined);
  shell.stop();
  forgetAccount(id);
  running.set(() => ({ shell: undefined, notice: undefined }));
  resumeAccount();
}
