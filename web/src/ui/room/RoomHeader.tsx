/** What the room is called, and who is there. What can be done with it is in its menu. */
import { useState } from 'react';
import { Link } from 'react-router';
import type { Room } from '../../api/types.ts';
import { titleOf } from '../../sync/rooms.ts';
import { InviteDialog } from '../dialogs/InviteDialog.tsx';
import { MembersDialog } from '../dialogs/MembersDialog.tsx';
import { RoomAvatar } from '../parts/Avatar.tsx';
import { Icon } from '../parts/Icon.tsx';
import { useAppState } from '../shellContext.ts';
import { ago } from '../time.ts';
import { RoomMenu } from './RoomMenu.tsx';

type Open = 'members' | 'invite';

export function RoomHeader({ room }: { room: Room }) {
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const together = room.kind !== 'direct';
  return (
    <header className="room-head">
      <Link to="/" className="icon-button only-narrow" aria-label="Back to the list">
        <Icon name="back" />
      </Link>
      <RoomAvatar room={room} size={40} />
      <div className="room-names">
        <h2 className="one-line">
          <bdi>{titleOf(room)}</bdi>
        </h2>
        <p className="room-about one-line">
          {room.peer ? <PeerState room={room} /> : <GroupState room={room} />}
        </p>
      </div>
      {together && (
        <>
          <button
            className="icon-button"
            aria-label="Invite people"
            title="Invite people"
            onClick={() => setOpen('invite')}
          >
            <Icon name="link" />
          </button>
          <button
            className="icon-button"
            aria-label="Members"
            title="Members"
            onClick={() => setOpen('members')}
          >
            <Icon name="people" />
          </button>
        </>
      )}
      <RoomMenu room={room} />
      {open === 'members' && <MembersDialog room={room} onClose={close} />}
      {open === 'invite' && <InviteDialog room={room} onClose={close} />}
    </header>
  );
}

function PeerState({ room }: { room: Room }) {
  const entry = useAppState((state) => state.presence.people[room.peer?.id ?? '']);
  const status = entry?.status_text ?? room.peer?.status_text;
  const words = { online: 'Online', away: 'Away', offline: 'Offline' };
  const seen = entry?.presence === 'offline' && entry.last_seen_at_ms !== undefined;
  const presence =
    entry && (seen ? `Last seen ${ago(entry.last_seen_at_ms ?? 0)}` : words[entry.presence]);
  return <>{[presence, status].filter((part) => part !== undefined).join(' · ')}</>;
}

function GroupState({ room }: { room: Room }) {
  const members = useAppState((state) => state.members[room.id]);
  const people = useAppState((state) => state.presence.people);
  const online = members?.filter(({ user }) => people[user.id]?.presence === 'online').length ?? 0;
  const count = `${room.members} ${room.members === 1 ? 'member' : 'members'}`;
  return (
    <>
      {count}
      {online > 0 && ` · ${online} ${online === 1 ? 'other' : 'others'} online`}
      {room.description !== undefined && (
        <>
          {' '}
          · <bdi>{room.description}</bdi>
        </>
      )}
    </>
  );
}
