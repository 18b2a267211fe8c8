/** The door: sign in, make an account, or come in as a guest. */
import { Link, Navigate, useNavigate, useSearchParams } from 'react-router';
import { accounts } from '../../accounts/accounts.ts';
import type { Session } from '../../api/types.ts';
import { openAccount, running } from '../../store/session.ts';
import { useStore } from '../../store/store.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { EntranceForm, type Way } from './EntranceForm.tsx';
import { EntranceLayout } from './EntranceLayout.tsx';
import { enter } from './enter.ts';
import { useOpenWays } from './useOpenWays.ts';

const TITLES: Record<Way, [string, string]> = {
  'sign-in': ['Welcome back', 'Sign in to pick up where you left off.'],
  'sign-up': ['Make an account', 'A name and a password are all it takes.'],
  guest: ['Come in as a guest', 'No password: this browser remembers you.'],
};

export function EntrancePage({ way }: { way: Way }) {
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const { shell, notice } = useStore(running, (state) => state);
  const adding = search.has('add');
  const next = safePath(search.get('next'));
  if (shell && !adding) return <Navigate to={next} replace />;
  const entered = (session: Session) => {
    enter(session);
    void navigate(next, { replace: true });
  };
  const [title, about] = TITLES[way];
  return (
    <EntranceLayout>
      <h1>{title}</h1>
      <p className="entrance-about">{about}</p>
      {notice !== undefined && <p className="entrance-notice">{notice}</p>}
      <KnownAccounts next={next} />
      <EntranceForm key={way} way={way} onEntered={entered} />
      <OtherWays way={way} search={search.toString()} />
      {adding && shell && (
        <Link className="entrance-back" to="/">
          Back to {shell.store.get().me.display_name}
        </Link>
      )}
    </EntranceLayout>
  );
}

/** Accounts that are signed in on this browser, in other windows perhaps. */
function KnownAccounts({ next }: { next: string }) {
  const navigate = useNavigate();
  const known = accounts();
  if (known.length === 0) return null;
  const choose = (id: string) => {
    openAccount(id);
    void navigate(next, { replace: true });
  };
  return (
    <ul className="people-list entrance-known" aria-label="Accounts on this browser">
      {known.map(({ user }) => (
        <li key={user.id}>
          <button className="person" onClick={() => choose(user.id)}>
            <Avatar id={user.id} name={user.display_name} />
            <span className="person-names">
              <span className="person-name one-line">Continue as {user.display_name}</span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function OtherWays({ way, search }: { way: Way; search: string }) {
  const open = useOpenWays();
  const to = (path: Way) => ({ pathname: `/${path}`, search });
  return (
    <p className="entrance-ways">
      {way !== 'sign-in' && (
        <>
          Have an account? <Link to={to('sign-in')}>Sign in</Link>
        </>
      )}
      {way === 'sign-in' && open.includes('sign-up') && (
        <>
          New here? <Link to={to('sign-up')}>Make an account</Link>
        </>
      )}
      {way !== 'guest' && open.includes('guest') && (
        <>
          {' '}
          or <Link to={to('guest')}>look around as a guest</Link>
        </>
      )}
    </p>
  );
}

/** Only a path of this very site. */
function safePath(next: string | null): string {
  return next?.startsWith('/') && !next.startsWith('//') && !next.startsWith('/\\') ? next : '/';
}
