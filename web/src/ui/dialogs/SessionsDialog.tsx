/** Where this account is signed in, and a way to end each. */
import { useEffect, useState } from 'react';
import { sessions } from '../../api/endpoints.ts';
import { explain } from '../../api/problem.ts';
import type { SessionInfo } from '../../api/types.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Trouble } from '../parts/Trouble.tsx';
import { useShell } from '../shellContext.ts';
import { ago } from '../time.ts';

export function SessionsDialog({ onClose }: { onClose: () => void }) {
  const { rest } = useShell();
  const [list, setList] = useState<SessionInfo[]>();
  const [trouble, setTrouble] = useState<string>();
  useEffect(() => {
    sessions.list(rest).then(
      (answer) => setList(answer.sessions),
      (error: unknown) => setTrouble(explain(error)),
    );
  }, [rest]);
  const end = (which: SessionInfo[], call: Promise<unknown>) => {
    call.then(
      () => setList((now) => now?.filter((session) => !which.includes(session))),
      (error: unknown) => setTrouble(explain(error)),
    );
  };
  const others = list?.filter(({ current }) => !current) ?? [];
  return (
    <Dialog
      title="Where you are signed in"
      about="Ending a session closes it within a second."
      onClose={onClose}
    >
      <Trouble text={trouble} />
      <ul className="people-list">
        {list?.map((session) => (
          <SessionRow
            key={session.id}
            session={session}
            onEnd={() => end([session], sessions.revoke(rest, session.id))}
          />
        ))}
      </ul>
      {others.length > 1 && (
        <div className="dialog-actions">
          <button
            className="button button-danger"
            onClick={() => end(others, sessions.revokeOthers(rest))}
          >
            End all others
          </button>
        </div>
      )}
    </Dialog>
  );
}

function SessionRow({ session, onEnd }: { session: SessionInfo; onEnd: () => void }) {
  return (
    <li className="person">
      <Icon name="devices" />
      <span className="person-names">
        <span className="person-name one-line">{session.device_name ?? 'Unnamed device'}</span>
        <span className="person-detail">
          {' '}
          {session.current ? 'this one' : `used ${ago(session.last_used_at_ms)}`}
        </span>
      </span>
      {!session.current && (
        <button className="button button-danger" onClick={onEnd}>
          End
        </button>
      )}
    </li>
  );
}
