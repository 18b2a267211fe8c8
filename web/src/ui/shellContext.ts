/** The running shell, for all that is drawn below it. */
import { createContext, useContext, useEffect } from 'react';
import type { Profile, RoomId, UserId } from '../api/types.ts';
import { useStore } from '../store/store.ts';
import type { RoomEntry } from '../sync/rooms.ts';
import type { Shell } from '../sync/shell.ts';
import type { AppState } from '../sync/state.ts';

export const ShellContext = createContext<Shell | undefined>(undefined);

export function useShell(): Shell {
  const shell = useContext(ShellContext);
  if (!shell) throw new Error('drawn outside of a signed-in page');
  return shell;
}

/** `select` must give the same reference for the same state. */
export function useAppState<S>(select: (state: AppState) => S): S {
  return useStore(useShell().store, select);
}

export function useRoom(id: RoomId): RoomEntry | undefined {
  return useAppState((state) => state.rooms.entries[id]);
}

/** A person's profile; asked for once where it is not known. */
export function usePerson(id: UserId): Profile | undefined {
  const shell = useShell();
  const person = useAppState((state) => state.people[id]);
  const missing = person === undefined;
  useEffect(() => {
    if (missing) void shell.load.person(id);
  }, [shell, id, missing]);
  return person;
}

export function useName(id: UserId): string {
  return usePerson(id)?.display_name ?? 'Somebody';
}
