// @vitest-environment jsdom
import { beforeEach, expect, it } from 'vitest';
import type { Session } from '../api/types.ts';
import { Problem } from '../api/problem.ts';
import { Rest } from '../api/rest.ts';
import {
  accounts,
  activate,
  activeAccount,
  forgetAccount,
  removeAccount,
  saveAccount,
} from './accounts.ts';
import { SignedOut, Tokens } from './tokens.ts';

function session(id: string, access_token = 'a1'): Session {
  return {
    user: { id, display_name: id, origin: 'local' },
    session_id: 's',
    device_id: 'd',
    access_token,
    access_expires_at_ms: 0,
    refresh_token: `r-${access_token}`,
    refresh_expires_at_ms: 0,
  };
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

it('a window takes the account that was used last, and keeps its own from then on', () => {
  saveAccount(session('ana'));
  saveAccount(session('bob'));
  activate('ana');
  sessionStorage.clear();
  expect(activeAccount()).toBe('ana');
  localStorage.setItem('tidings.last', 'bob');
  expect(activeAccount()).toBe('ana');
});

it('an ended session keeps what was not sent; forgetting the account does not', () => {
  saveAccount(session('ana'));
  localStorage.setItem('tidings.outbox.ana.1', '{}');
  localStorage.setItem('tidings.outbox.bob.1', '{}');
  removeAccount('ana');
  expect(accounts()).toEqual([]);
  expect(localStorage.getItem('tidings.outbox.ana.1')).not.toBeNull();
  forgetAccount('ana');
  expect(localStorage.getItem('tidings.outbox.ana.1')).toBeNull();
  expect(localStorage.getItem('tidings.outbox.bob.1')).not.toBeNull();
});

it('a damaged entry is no account', () => {
  localStorage.setItem('tidings.account.x', '{');
  expect(accounts()).toEqual([]);
});

/** Answers a refresh with the next session, after others had time to ask too. */
class Refreshing extends Rest {
  used: unknown[] = [];
  override async request<T>(
    _method: string,
    _path: string,
    options: { body?: unknown } = {},
  ): Promise<T> {
    this.used.push(options.body);
    await Promise.resolve();
    return session('ana', `a${this.used.length + 1}`) as T;
  }
}

it('many who find the token stale make one refresh', async () => {
  saveAccount(session('ana'));
  const rest = new Refreshing();
  const tokens = new Tokens('ana', rest);
  expect(await Promise.all([tokens.renew('a1'), tokens.renew('a1'), tokens.renew('a1')])).toEqual([
    'a2',
    'a2',
    'a2',
  ]);
  expect(rest.used).toEqual([{ refresh_token: 'r-a1' }]);
});

it('a token that another window has renewed is taken over, not renewed again', async () => {
  saveAccount(session('ana', 'a7'));
  const rest = new Refreshing();
  expect(await new Tokens('ana', rest).renew('a1')).toBe('a7');
  expect(rest.used).toEqual([]);
});

it('a refused refresh is the end of the session; a lost one is not', async () => {
  saveAccount(session('ana'));
  const refuse = new Rest(undefined, () =>
    Promise.resolve(new Response(JSON.stringify({ code: 'session_revoked' }), { status: 401 })),
  );
  await expect(new Tokens('ana', refuse).renew('a1')).rejects.toBeInstanceOf(SignedOut);
  const busy = new Rest(undefined, () => Promise.resolve(new Response('{}', { status: 503 })));
  await expect(new Tokens('ana', busy).renew('a1')).rejects.toBeInstanceOf(Problem);
});
