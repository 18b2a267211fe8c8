/** What the room is called, who is there, and what can be done with it. */
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { rooms } from '../../api/endpoints.ts';
import type { Room } from '../../api/types.ts';
import { titleOf } from '../../sync/rooms.ts';
import { InviteDialog } from '../dialogs/InviteDialog.tsx';
import { MembersDialog } from '../dialogs/MembersDialog.tsx';
import { RenameDialog } from '../dialogs/RenameDialog.tsx';
import { RoomAvatar } from '../parts/Avatar.tsx';
import { Confirm } from '../parts/Dialog.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Menu, MenuItem } from '../parts/Menu.tsx';
import { useAppState, useShell } from '../shellContext.ts';
import { ago } from '../time.ts';
import { rankOf } from './roles.ts';

type Open = 'members' | 'invite' | 'rename' | 'leave';

export function RoomHeader({ room }: { room: Room }) {
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const isStaff = rankOf(room.membership.role) >= rankOf('admin');
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
          <Menu
            trigger={
              <button className="icon-button" aria-label="More about this room">
                <Icon name="more" />
              </button>
            }
          >
            {isStaff && (
              <MenuItem icon="pencil" onSelect={() => setOpen('rename')}>
                Name and description
              </MenuItem>
            )}
            <MenuItem icon="leave" tone="danger" onSelect={() => setOpen('leave')}>
              Leave
            </MenuItem>
          </Menu>
        </>
      )}
      {open === 'members' && <MembersDialog room={room} onClose={close} />}
      {open === 'invite' && <InviteDialog room={room} onClose={close} />}
      {open === 'rename' && <RenameDialog room={room} onClose={close} />}
      {open === 'leave' && <Leave room={room} onClose={close} />}
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

function Leave({ room, onClose }: { room: Room; onClose: () => void }) {
  const shell = useShell();
  const navigate = useNavigate();
  const leave = async () => {
    await rooms.leave(shell.rest, room.id);
    await navigate('/');
    shell.forgetRoom(room.id);
  };
  return (
    <Confirm
      title={`Leave ${titleOf(room)}?`}
      about={
        room.kind === 'group'
          ? 'You come back only with a new invitation.'
          : 'You can join it again from the list of channels.'
      }
      action="Leave"
      onConfirm={leave}
      onClose={onClose}
    />
  );
}
