/** What was begun in a room and not sent, kept on this browser for each account. */
import { useState } from 'react';
import type { RoomId } from '../../api/types.ts';
import { useAppState } from '../shellContext.ts';

export function useDraft(room: RoomId): [string, (text: string) => void] {
  const me = useAppState((state) => state.me.id);
  const key = `tidings.draft.${me}.${room}`;
  const [text, setText] = useState(() => localStorage.getItem(key) ?? '');
  const change = (next: string) => {
    setText(next);
    try {
      if (next === '') localStorage.removeItem(key);
      else localStorage.setItem(key, next);
    } catch {
      // The browser's store is full: the draft lives as long as the page.
    }
  };
  return [text, change];
}
