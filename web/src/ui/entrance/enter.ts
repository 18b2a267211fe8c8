/** A session was given: it becomes this window's account. */
import { saveAccount } from '../../accounts/accounts.ts';
import type { Session } from '../../api/types.ts';
import { openAccount } from '../../store/session.ts';

export function enter(session: Session): void {
  saveAccount(session);
  openAccount(session.user.id);
}

/** What the list of sessions calls this browser. */
export function deviceName(): string {
  const agent = navigator.userAgent;
  const browser =
    ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'].find((name) => agent.includes(name)) ?? 'Browser';
  const system = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS', 'Linux'].find((name) =>
    agent.includes(name),
  );
  const named = { Edg: 'Edge', OPR: 'Opera' }[browser] ?? browser;
  return system === undefined ? named : `${named} on ${system.replace('Mac OS', 'macOS')}`;
}
