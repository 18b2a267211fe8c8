/**
 * The outbox on disk: one key a letter, so that windows of one account never overwrite each other's.
 *
 * Client ids sort by time, so the keys give the order of writing.
 */
import type { ClientId, UserId } from '../api/types.ts';
import type { Letter } from './outbox.ts';

export class Letters {
  private readonly prefix: string;

  constructor(user: UserId) {
    this.prefix = `tidings.outbox.${user}.`;
  }

  all(): Letter[] {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(this.prefix))
      .sort()
      .flatMap((key) => parsed(localStorage.getItem(key)));
  }

  save(letter: Letter): void {
    try {
      localStorage.setItem(this.prefix + letter.client_id, JSON.stringify(letter));
    } catch {
      // The browser's store is full: the letter is still sent, it only would not survive a reload.
    }
  }

  forget(id: ClientId): void {
    localStorage.removeItem(this.prefix + id);
  }

  /** Which letter a change in another window removed. */
  removedBy(event: StorageEvent): ClientId | undefined {
    if (event.newValue !== null || !event.key?.startsWith(this.prefix)) return undefined;
    return event.key.slice(this.prefix.length);
  }
}

function parsed(text: string | null): Letter[] {
  try {
    return text === null ? [] : [JSON.parse(text) as Letter];
  } catch {
    return [];
  }
}
