/** One conversation in the list: who, what was last said and when, how much is unread. */
import { memo } from 'react';
import { NavLink } from 'react-router';
import type { Message, Room } from '../../api/types.ts';
import { titleOf, unreadOf, type RoomEntry } from '../../sync/rooms.ts';
import { RoomAvatar } from '../parts/Avatar.tsx';
import { useAppState, useName } from '../shellContext.ts';
import { shortTime } from '../time.ts';
import { plainOf } from '../room/plain.ts';
import { useTypingNames } from '../room/useTypingNames.ts';

export const RoomRow = memo(function RoomRow({ entry }: { entry: RoomEntry }) {
  const { room } = entry;
  const { messages, mentions } = unreadOf(entry);
  const title = titleOf(room);
  return (
    <li>
      <NavLink
        className={messages > 0 ? 'room-row room-row-unread' : 'room-row'}
        to={`/r/${room.id}`}
      >
        <RoomAvatar room={room} size={42} />
        <span className="room-row-words">
          <span className="room-row-top">
            <bdi className="room-row-title one-line">{title}</bdi>
            <time className="room-row-time">
              {shortTime(room.last_message?.at_ms ?? room.created_at_ms)}
            </time>
          </span>
          <span className="room-row-bottom">
            <Preview room={room} />
            {mentions > 0 && (
              <span className="badge badge-mention" aria-label={`${mentions} mentions of you`}>
                @
              </span>
            )}
            {messages > 0 && (
              <span className="badge" aria-label={`${messages} unread`}>
                {messages > 999 ? '999+' : messages}
              </span>
            )}
          </span>
        </span>
      </NavLink>
    </li>
  );
});

function Preview({ room }: { room: Room }) {
  const writing = useTypingNames(room.id);
  if (writing.length > 0)
    return (
      <span className="room-row-typing one-line">
        {room.kind === 'direct' ? 'typing…' : `${writing[0] ?? 'Somebody'} is typing…`}
      </span>
    );
  if (room.last_message) return <LastMessage message={room.last_message} room={room} />;
  return <span className="room-row-preview one-line">No messages yet</span>;
}

function LastMessage({ message, room }: { message: Message; room: Room }) {
  const me = useAppState((state) => state.me.id);
  const name = useName(message.sender);
  const who = message.sender === me ? 'You: ' : room.kind === 'direct' ? '' : `${name}: `;
  const text = message.deleted ? 'Message deleted' : plainOf(message.text ?? '');
  return (
    <bdi className="room-row-preview one-line">
      {who}
      {text}
    </bdi>
  );
}
