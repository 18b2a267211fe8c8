/** Roles from least to most, as the server orders them. */
import type { Role, Room } from '../../api/types.ts';

const RANKS: readonly Role[] = ['reader', 'member', 'moderator', 'admin', 'owner'];

export function rankOf(role: Role): number {
  return RANKS.indexOf(role);
}

/** What the menu of a room offers. The server decides; this only saves refusals. */
export function renames({ kind, membership }: Room): boolean {
  return kind !== 'direct' && rankOf(membership.role) >= rankOf('admin');
}

export function leaves({ kind }: Room): boolean {
  return kind !== 'direct';
}

export function deletes({ kind, membership }: Room): boolean {
  return kind !== 'direct' && membership.role === 'owner';
}

/** Why one cannot write here, if one cannot. The server decides; this only saves a refusal. */
export function whyMute(room: Room): string | undefined {
  const { role } = room.membership;
  if (room.archived) return 'This room is archived: nobody can write in it.';
  if (role === 'reader') return 'You can read here, but not write.';
  if (room.kind === 'live' && rankOf(role) < rankOf('moderator'))
    return 'Only the hosts write here.';
  return undefined;
}
