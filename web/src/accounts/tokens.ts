/**
 * Keeps an account's tokens fresh: one refresh at a time over all windows of the browser.
 *
 * *Invariant*: a refresh token is used once. Whoever waited for the lock first looks whether another
 * window has renewed in the meantime; a second use would end the session as a theft.
 */
import { entrance } from '../api/endpoints.ts';
import { Problem } from '../api/problem.ts';
import { Rest, type Credentials } from '../api/rest.ts';
import type { UserId } from '../api/types.ts';
import { accountOf, saveAccount, type Account } from './accounts.ts';

/** The session is over: only signing in again helps. */
export class SignedOut extends Error {
  override readonly name = 'SignedOut';
}

export class Tokens implements Credentials {
  private renewing: Promise<string> | undefined;

  constructor(
    private readonly user: UserId,
    private readonly rest: Rest = new Rest(),
  ) {}

  access(): string {
    return this.account().access_token;
  }

  expiresAtMs(): number {
    return this.account().access_expires_at_ms;
  }

  renew(stale: string): Promise<string> {
    this.renewing ??= alone(`tidings.refresh.${this.user}`, () => this.renewAlone(stale)).finally(
      () => {
        this.renewing = undefined;
      },
    );
    return this.renewing;
  }

  private async renewAlone(stale: string): Promise<string> {
    const account = this.account();
    if (account.access_token !== stale) return account.access_token;
    try {
      const session = await entrance.refresh(this.rest, account.refresh_token);
      saveAccount(session);
      return session.access_token;
    } catch (error) {
      if (error instanceof Problem && error.status === 401) throw new SignedOut(error.code);
      throw error;
    }
  }

  private account(): Account {
    const account = accountOf(this.user);
    if (!account) throw new SignedOut('no such account here');
    return account;
  }
}

/**
 * Runs `task` while no other window runs one of the same name. Plain http pages have no locks;
 * there the server's grace of 10 s for the same device covers the rare race of two windows.
 */
async function alone<T>(name: string, task: () => Promise<T>): Promise<T> {
  // The types promise locks, but only secure contexts have them.
  const locks = navigator.locks as LockManager | undefined;
  if (!locks) return task();
  return await locks.request(name, task);
}
