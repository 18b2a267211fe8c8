/** Who is in a room, with what role, and what one may do about it. */
import { useState } from 'react';
import { members as calls } from '../../api/endpoints.ts';
import { explain } from '../../api/problem.ts';
import type { Member, Role, Room } from '../../api/types.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { PersonAvatar } from '../parts/Avatar.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Menu, MenuItem, MenuLine } from '../parts/Menu.tsx';
import { Trouble } from '../parts/Trouble.tsx';
import { rankOf } from '../room/roles.ts';
import { useAppState, useShell } from '../shellContext.ts';

const GIVEN: readonly Role[] = ['admin', 'moderator', 'member', 'reader'];

export function MembersDialog({ room, onClose }: { room: Room; onClose: () => void }) {
  const shell = useShell();
  const list = useAppState((state) => state.members[room.id]);
  const loading = useAppState((state) => state.troubles[`members ${room.id}`]);
  const [trouble, setTrouble] = useState<string>();
  const attempt = (call: Promise<unknown>) => {
    call.then(
      () => shell.load.members(room.id),
      (error: unknown) => setTrouble(explain(error)),
    );
  };
  const sorted = [...(list ?? [])].sort(
    (a, b) =>
      rankOf(b.role) - rankOf(a.role) || a.user.display_name.localeCompare(b.user.display_name),
  );
  return (
    <Dialog title={`Members · ${room.members}`} onClose={onClose}>
      <Trouble text={trouble ?? loading} />
      <ul className="people-list">
        {sorted.map((member) => (
          <MemberRow key={member.user.id} member={member} room={room} attempt={attempt} />
        ))}
      </ul>
    </Dialog>
  );
}

interface MemberRowProps {
  member: Member;
  room: Room;
  attempt: (call: Promise<unknown>) => void;
}

function MemberRow({ member: { user, role }, room, attempt }: MemberRowProps) {
  const { rest } = useShell();
  const me = useAppState((state) => state.me.id);
  const mine = rankOf(room.membership.role);
  const above = user.id !== me && mine > rankOf(role);
  const givesRoles = above && mine >= rankOf('admin');
  const removes = above && mine >= rankOf('moderator');
  return (
    <li className="person">
      <PersonAvatar id={user.id} name={user.display_name} />
      <span className="person-names">
        <bdi className="person-name one-line">
          {user.display_name}
          {user.id === me && ' (you)'}
        </bdi>
        <span className="person-detail one-line">
          {user.username === undefined ? ' guest' : ` @${user.username}`}
          {user.status_text !== undefined && ` · ${user.status_text}`}
        </span>
      </span>
      {role !== 'member' && <span className="role">{role}</span>}
      {removes && (
        <Menu
          trigger={
            <button className="icon-button" aria-label={`What to do with ${user.display_name}`}>
              <Icon name="more" />
            </button>
          }
        >
          {givesRoles &&
            GIVEN.filter((given) => given !== role && rankOf(given) < mine).map((given) => (
              <MenuItem
                key={given}
                onSelect={() => attempt(calls.put(rest, room.id, user.id, given))}
              >
                Make {given}
              </MenuItem>
            ))}
          {givesRoles && <MenuLine />}
          <MenuItem tone="danger" onSelect={() => attempt(calls.remove(rest, room.id, user.id))}>
            Remove from the room
          </MenuItem>
        </Menu>
      )}
    </li>
  );
}
