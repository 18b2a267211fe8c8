/** The names of those who are writing in a room. */
import type { RoomId } from '../../api/types.ts';
import { useAppState } from '../shellContext.ts';

export function useTypingNames(room: RoomId): string[] {
  const names = useAppState(({ typing, people, me }) =>
    Object.keys(typing[room] ?? {})
      .filter((id) => id !== me.id)
      .map((id) => people[id]?.display_name ?? 'Somebody')
      .join('\n'),
  );
  return names === '' ? [] : names.split('\n');
}
