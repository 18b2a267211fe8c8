/** Where an invitation link leads: what it is to, and who you want to be there. */
import { useEffect, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { accounts } from '../../accounts/accounts.ts';
import { Tokens } from '../../accounts/tokens.ts';
import { invitations } from '../../api/endpoints.ts';
import { Problem, explain } from '../../api/problem.ts';
import { Rest } from '../../api/rest.ts';
import type { InvitationPreview, Profile, Session } from '../../api/types.ts';
import { openAccount, running } from '../../store/session.ts';
import { useStore } from '../../store/store.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { Trouble } from '../parts/Trouble.tsx';
import { EntranceForm, type Way } from './EntranceForm.tsx';
import { EntranceLayout } from './EntranceLayout.tsx';
import { enter } from './enter.ts';
import { useOpenWays } from './useOpenWays.ts';

export function JoinPage() {
  const { code = '' } = useParams();
  const { preview, trouble, closed } = useInvitation(code);
  const [way, setWay] = useState<Way | undefined>(accounts().length === 0 ? 'sign-up' : undefined);
  const { join, joinTrouble } = useJoin(code);

  const entered = (session: Session) => {
    enter(session);
    join();
  };
  return (
    <EntranceLayout>
      <h1>You are invited</h1>
      {preview ? (
        <Invite preview={preview} />
      ) : (
        <p className="entrance-about">{closed ? '' : 'To a conversation on Tidings.'}</p>
      )}
      <Trouble text={joinTrouble ?? trouble} />
      {closed ? (
        <Link to="/">Go to Tidings</Link>
      ) : way === undefined ? (
        <Choices onChosen={join} onOther={() => setWay('sign-up')} />
      ) : (
        <>
          <Ways way={way} onChange={setWay} />
          <EntranceForm key={way} way={way} onEntered={entered} />
        </>
      )}
    </EntranceLayout>
  );
}

function Invite({ preview: { room, invited_by } }: { preview: InvitationPreview }) {
  const name = room.name ?? 'a conversation';
  return (
    <div className="invite">
      <Avatar id={room.id} name={name} shape="room" size={52} />
      <div>
        <p className="invite-room">
          <bdi>{name}</bdi>
        </p>
        <p className="invite-detail">
          <bdi>{invited_by.display_name}</bdi> invites you · {room.members}{' '}
          {room.members === 1 ? 'member' : 'members'}
        </p>
        {room.description !== undefined && <p className="invite-detail">{room.description}</p>}
      </div>
    </div>
  );
}

function Choices({ onChosen, onOther }: { onChosen: () => void; onOther: () => void }) {
  const current = useStore(running, (state) => state.shell?.store.get().me.id);
  const choose = ({ id }: Profile) => {
    if (id !== current) openAccount(id);
    onChosen();
  };
  return (
    <div className="entrance-stack">
      {accounts().map(({ user }) => (
        <button
          key={user.id}
          className="button button-main button-wide"
          onClick={() => choose(user)}
        >
          Continue as {user.display_name}
        </button>
      ))}
      <button className="button button-quiet button-wide" onClick={onOther}>
        Continue as someone else
      </button>
    </div>
  );
}

const WAYS: readonly (readonly [Way, string])[] = [
  ['sign-up', 'New account'],
  ['sign-in', 'Sign in'],
  ['guest', 'Guest'],
];

function Ways({ way, onChange }: { way: Way; onChange: (way: Way) => void }) {
  const open = useOpenWays();
  return (
    <div className="choices" role="group" aria-label="How to come in">
      {WAYS.filter(([value]) => open.includes(value)).map(([value, text]) => (
        <button
          key={value}
          className="choice"
          aria-pressed={value === way}
          onClick={() => onChange(value)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}

/** The preview, where the server shows it to whoever asks or to an account of this browser. */
function useInvitation(code: string) {
  const [preview, setPreview] = useState<InvitationPreview>();
  const [refusal, setRefusal] = useState<unknown>();
  useEffect(() => {
    const known = accounts()[0];
    const rest = new Rest(known && new Tokens(known.user.id));
    invitations.look(rest, code).then(setPreview, setRefusal);
  }, [code]);
  const hidden = refusal instanceof Problem && refusal.status === 401;
  return {
    preview,
    trouble: refusal === undefined || hidden ? undefined : explain(refusal),
    closed: refusal instanceof Problem && [404, 410].includes(refusal.status),
  };
}

/** Accepts the invitation as this window's account and goes to the room. */
function useJoin(code: string) {
  const navigate = useNavigate();
  const [joinTrouble, setTrouble] = useState<string>();
  const join = () => {
    const { shell } = running.get();
    if (!shell) return;
    invitations
      .accept(shell.rest, code)
      .then(async (room) => {
        await shell.enter(room.id);
        await navigate(`/r/${room.id}`, { replace: true });
      })
      .catch((error: unknown) => setTrouble(explain(error)));
  };
  return { join, joinTrouble };
}
