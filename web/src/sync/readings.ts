/**
 * What was read and the server has not confirmed, kept while no page runs: whoever reads and leaves at
 * once, or without a connection, finds it read when they come back.
 */
import type { RoomId, Seq, UserId } from '../api/types.ts';

export type Reads = Readonly<Record<RoomId, Seq>>;

export class Readings {
  private readonly key: string;

  constructor(user: UserId) {
    this.key = `tidings.read.${user}.`;
  }

  /** Adds to what another window may have left. */
  keep(reads: Reads): void {
    if (Object.keys(reads).length === 0) return;
    const kept = this.look();
    const all = { ...kept };
    for (const [room, seq] of Object.entries(reads)) all[room] = Math.max(seq, kept[room] ?? 0);
    try {
      localStorage.setItem(this.key, JSON.stringify(all));
    } catch {
      // The browser's store is full: those rooms show as unread again.
    }
  }

  /** From here on it is this page's to confirm. */
  take(): Reads {
    const kept = this.look();
    localStorage.removeItem(this.key);
    return kept;
  }

  private look(): Reads {
    try {
      return JSON.parse(localStorage.getItem(this.key) ?? '{}') as Reads;
    } catch {
      return {};
    }
  }
}
