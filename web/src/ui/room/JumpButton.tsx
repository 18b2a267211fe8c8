/** Back to the latest message, with how many are new. */
import type { RoomId } from '../../api/types.ts';
import { unreadOf } from '../../sync/rooms.ts';
import { Icon } from '../parts/Icon.tsx';
import { useRoom } from '../shellContext.ts';

interface JumpButtonProps {
  room: RoomId;
  hidden: boolean;
  onJump: () => void;
}

export function JumpButton({ room, hidden, onJump }: JumpButtonProps) {
  const entry = useRoom(room);
  const unread = entry ? unreadOf(entry).messages : 0;
  if (hidden) return null;
  const words =
    unread > 0 ? `Go to the latest message, ${unread} unread` : 'Go to the latest message';
  return (
    <button className="jump" onClick={onJump} aria-label={words} title={words}>
      {unread > 0 && <span className="jump-count">{unread > 999 ? '999+' : unread}</span>}
      <Icon name="down" />
    </button>
  );
}
