/** Reads new messages of others to those who listen instead of looking. */
import type { Room } from '../../api/types.ts';
import { useAppState, useName } from '../shellContext.ts';
import { plainOf } from './plain.ts';

export function Announcer({ room }: { room: Room }) {
  const me = useAppState((state) => state.me.id);
  const last = room.last_message;
  const name = useName(last?.sender ?? me);
  const words = last && last.sender !== me ? `${name}: ${plainOf(last.text ?? '')}` : '';
  return (
    <p className="visually-hidden" aria-live="polite">
      {words}
    </p>
  );
}
