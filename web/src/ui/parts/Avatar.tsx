/** A person or room as initials on a colour of their own. No picture is fetched from anywhere. */
import type { Presence, Room } from '../../api/types.ts';
import { titleOf } from '../../sync/rooms.ts';
import { useAppState } from '../shellContext.ts';

/** Chosen to carry white text and to stand beside each other. */
const COLOURS = [
  '#1d7a8c',
  '#8a5a2b',
  '#5b6abf',
  '#2f7d4f',
  '#a34a63',
  '#6f5aa8',
  '#b0532f',
  '#3f6f86',
];

interface AvatarProps {
  id: string;
  name: string;
  size?: number;
  shape?: 'person' | 'room';
  presence?: Presence | undefined;
}

export function Avatar({ id, name, size = 36, shape = 'person', presence }: AvatarProps) {
  const style = {
    width: size,
    height: size,
    fontSize: Math.round(size * 0.38),
    background: colourOf(id),
  };
  return (
    <span
      className={shape === 'room' ? 'avatar avatar-room' : 'avatar'}
      style={style}
      aria-hidden="true"
    >
      {initialsOf(name)}
      {presence !== undefined && <span className={`presence-dot presence-${presence}`} />}
    </span>
  );
}

export function PersonAvatar({ id, name, size }: { id: string; name: string; size?: number }) {
  const presence = useAppState((state) => state.presence.people[id]?.presence);
  return (
    <Avatar id={id} name={name} presence={presence} {...(size === undefined ? {} : { size })} />
  );
}

export function RoomAvatar({ room, size }: { room: Room; size?: number }) {
  const sized = size === undefined ? {} : { size };
  if (room.peer) return <PersonAvatar id={room.peer.id} name={room.peer.display_name} {...sized} />;
  const name = room.kind === 'channel' || room.kind === 'live' ? '#' : titleOf(room);
  return <Avatar id={room.id} name={name} shape="room" {...sized} />;
}

export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/u);
  const [first = '', last = ''] = [words[0], words.length > 1 ? words.at(-1) : ''];
  return (letterOf(first) + letterOf(last)).toLocaleUpperCase();
}

/** The first letter as a person sees it, but never with a tower of marks on it. */
function letterOf(word: string): string {
  return String.fromCodePoint(word.codePointAt(0) ?? 32).trim();
}

function colourOf(id: string): string {
  const sum = Array.from(id).reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) >>> 0, 7);
  return COLOURS[sum % COLOURS.length] ?? '#1d7a8c';
}
