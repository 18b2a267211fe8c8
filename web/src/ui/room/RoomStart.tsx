/** The beginning of a conversation. */
import type { Room } from '../../api/types.ts';
import { titleOf } from '../../sync/rooms.ts';
import { RoomAvatar } from '../parts/Avatar.tsx';
import { useAppState, useName } from '../shellContext.ts';
import { dayTitle } from '../time.ts';

export function RoomStart({ room }: { room: Room }) {
  const me = useAppState((state) => state.me.id);
  const creator = useName(room.created_by);
  const who = room.created_by === me ? 'You' : creator;
  const fromJoining = room.membership.visible_from > 1;
  return (
    <div className="room-start">
      <RoomAvatar room={room} size={64} />
      <h3>
        <bdi>{titleOf(room)}</bdi>
      </h3>
      <p>
        {room.kind === 'direct' ? (
          'This is where your conversation begins.'
        ) : (
          <>
            <bdi>{who}</bdi> started this {room.kind === 'group' ? 'group' : 'channel'} ·{' '}
            {dayTitle(room.created_at_ms)}
            {fromJoining && '. You see what was said since you joined.'}
          </>
        )}
      </p>
    </div>
  );
}
