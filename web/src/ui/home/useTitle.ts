/** The window's title: how much is unread, and where one is. */
import { useEffect } from 'react';
import { useParams } from 'react-router';
import { titleOf, unreadOf } from '../../sync/rooms.ts';
import { useAppState } from '../shellContext.ts';

export function useTitle(): void {
  const { room } = useParams();
  const unread = useAppState(({ rooms }) =>
    Object.values(rooms.entries).reduce((sum, entry) => sum + unreadOf(entry).messages, 0),
  );
  const name = useAppState(({ rooms }) => {
    const entry = room === undefined ? undefined : rooms.entries[room];
    return entry && titleOf(entry.room);
  });
  useEffect(() => {
    const count = unread > 0 ? `(${unread > 999 ? '999+' : unread}) ` : '';
    document.title = `${count}${name === undefined ? '' : `${name} · `}Tidings`;
    return () => {
      document.title = 'Tidings';
    };
  }, [unread, name]);
}
