/** Who is writing, as heard and as told. Pure; both sides fade by time. */
import type { RoomId, UserId } from '../api/types.ts';

/** Somebody's typing fades after this unless it is said again (section 4.2). */
export const FADES_MS = 6_000;
/** One's own is said again at most so often. */
export const REPEAT_MS = 3_000;

export type Typing = Readonly<Record<RoomId, Readonly<Record<UserId, number>>>>;

export function heard(
  typing: Typing,
  room: RoomId,
  user: UserId,
  active: boolean,
  now_ms: number,
): Typing {
  const { [user]: known, ...others } = typing[room] ?? {};
  if (!active && known === undefined) return typing;
  return { ...typing, [room]: active ? { ...others, [user]: now_ms + FADES_MS } : others };
}

export function faded(typing: Typing, now_ms: number): Typing {
  const due = nextWake(typing);
  if (due === undefined || now_ms < due) return typing;
  return Object.fromEntries(
    Object.entries(typing).map(([room, people]) => [
      room,
      Object.fromEntries(Object.entries(people).filter(([, until_ms]) => until_ms > now_ms)),
    ]),
  );
}

export function nextWake(typing: Typing): number | undefined {
  const times = Object.values(typing).flatMap((people) => Object.values(people));
  return times.length === 0 ? undefined : Math.min(...times);
}

/** What was last told of oneself. */
export interface Told {
  room: RoomId;
  at_ms: number;
}

export interface TypingCommand {
  room: RoomId;
  active: boolean;
}

/** A key was pressed in a room's composer (`writing`), or it was emptied, sent or left. */
export function tell(
  told: Told | undefined,
  room: RoomId,
  writing: boolean,
  now_ms: number,
): [Told | undefined, TypingCommand[]] {
  if (writing && told?.room === room && now_ms < told.at_ms + REPEAT_MS) return [told, []];
  const farewell =
    told && (told.room !== room || !writing) ? [{ room: told.room, active: false }] : [];
  if (!writing) return [undefined, farewell];
  return [{ room, at_ms: now_ms }, [...farewell, { room, active: true }]];
}
