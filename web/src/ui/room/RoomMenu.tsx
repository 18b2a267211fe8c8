/** What can be done with a room: mark it unread, change it, leave it, delete it. */
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { rooms } from '../../api/endpoints.ts';
import { explain } from '../../api/problem.ts';
import type { Room, Seq } from '../../api/types.ts';
import { titleOf } from '../../sync/rooms.ts';
import { lastOfOthers } from '../../sync/timeline.ts';
import { RenameDialog } from '../dialogs/RenameDialog.tsx';
import { Confirm, Dialog } from '../parts/Dialog.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Menu, MenuItem, MenuLine } from '../parts/Menu.tsx';
import { Trouble } from '../parts/Trouble.tsx';
import { useAppState, useShell } from '../shellContext.ts';
import { deletes, leaves, renames } from './roles.ts';

type Open = 'rename' | 'leave' | 'delete';

export function RoomMenu({ room }: { room: Room }) {
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const { from, mark, trouble, forget } = useMarkUnread(room);
  if (from === undefined && !leaves(room)) return null;
  return (
    <>
      <Menu
        trigger={
          <button className="icon-button" aria-label="More about this room">
            <Icon name="more" />
          </button>
        }
      >
        {from !== undefined && (
          <MenuItem icon="unread" onSelect={() => mark(from)}>
            Mark as unread
          </MenuItem>
        )}
        {renames(room) && (
          <MenuItem icon="pencil" onSelect={() => setOpen('rename')}>
            Name and description
          </MenuItem>
        )}
        {from !== undefined && leaves(room) && <MenuLine />}
        {leaves(room) && (
          <MenuItem icon="leave" tone="danger" onSelect={() => setOpen('leave')}>
            Leave
          </MenuItem>
        )}
        {deletes(room) && (
          <MenuItem icon="trash" tone="danger" onSelect={() => setOpen('delete')}>
            Delete for everybody
          </MenuItem>
        )}
      </Menu>
      {open === 'rename' && <RenameDialog room={room} onClose={close} />}
      {open === 'leave' && <Leave room={room} onClose={close} />}
      {open === 'delete' && <Delete room={room} onClose={close} />}
      {trouble !== undefined && (
        <Dialog title="Still marked as read" onClose={forget}>
          <Trouble text={trouble} onRetry={() => from !== undefined && mark(from)} />
        </Dialog>
      )}
    </>
  );
}

/** Who stays in a room reads it again at once: marking it leads back to the list. */
function useMarkUnread(room: Room) {
  const shell = useShell();
  const navigate = useNavigate();
  const [trouble, setTrouble] = useState<string>();
  const from = useAppState(({ timelines, me }) => {
    const timeline = timelines[room.id];
    return timeline && lastOfOthers(timeline, me.id);
  });
  const mark = (seq: Seq) => {
    setTrouble(undefined);
    shell.reader.markUnread(room.id, seq).then(
      () => navigate('/'),
      (error: unknown) => setTrouble(explain(error)),
    );
  };
  return { from, mark, trouble, forget: () => setTrouble(undefined) };
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

function Delete({ room, onClose }: { room: Room; onClose: () => void }) {
  const shell = useShell();
  const navigate = useNavigate();
  const remove = async () => {
    await rooms.remove(shell.rest, room.id);
    await navigate('/');
    shell.forgetRoom(room.id);
  };
  const others = room.members - 1;
  const whom =
    others <= 0 ? 'you' : others === 1 ? 'you and one other' : `you and ${others} others`;
  return (
    <Confirm
      title={`Delete ${titleOf(room)} for everybody?`}
      about={`Every message in it is lost, for ${whom}, and so is the room with its invitation links. Nobody can bring it back.`}
      action="Delete for everybody"
      onConfirm={remove}
      onClose={onClose}
    />
  );
}
