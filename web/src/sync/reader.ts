/**
 * One's own watermarks on their way: gathered asks over the socket, what is told when the page goes, and
 * marking a room as unread. What has been read is decided by receipts.ts.
 */
import { receipts as receiptCalls, rooms as roomCalls } from '../api/endpoints.ts';
import type { Rest } from '../api/rest.ts';
import type { RoomId, Seq, UserId } from '../api/types.ts';
import type { Store } from '../store/store.ts';
import type { Connector } from './connector.ts';
import type { Answer } from './link.ts';
import { Readings } from './readings.ts';
import * as receipts from './receipts.ts';
import type { AppState } from './state.ts';

export class Reader {
  private readonly readings: Readings;

  constructor(
    me: UserId,
    private readonly store: Store<AppState>,
    private readonly rest: Rest,
    private readonly connector: Connector,
    private readonly update: (change: (state: AppState) => AppState) => void,
  ) {
    this.readings = new Readings(me);
  }

  /** What an earlier page had read. */
  restore(): void {
    const reads = this.readings.take();
    this.set((state) => receipts.restored(state, reads));
  }

  /** It came by the stream, or stands for a room's head in the list: it has reached this device. */
  arrived(room: RoomId, seq: Seq): void {
    this.set((state) => receipts.want(state, room, { delivered: seq, read: 0 }, Date.now()));
  }

  /** Sends what is due. */
  acknowledge(): void {
    const [next, asks] = receipts.flush(this.store.get().receipts);
    this.set(() => next);
    for (const ask of asks)
      this.connector.send(ask, (answer) => this.acknowledged(ask.room, answer));
  }

  private acknowledged(room: RoomId, answer: Answer): void {
    if (!answer || (answer.type === 'refusal' && answer.retryable)) {
      this.set((state) => receipts.postponed(state, room, Date.now()));
      return;
    }
    const marks =
      answer.type === 'ack'
        ? { delivered: answer.delivered ?? 0, read: answer.read ?? 0 }
        : undefined;
    this.set((state) => receipts.answered(state, room, marks, Date.now()));
  }

  /** The page goes, and with it what waits to be gathered: it is told now, and kept in case that fails. */
  leave(): void {
    const reads = receipts.unconfirmed(this.store.get().receipts);
    this.readings.keep(reads);
    for (const [room, read] of Object.entries(reads))
      receiptCalls.read(this.rest, room, read).catch(ignore);
  }

  /** Counts a room as unread from `from` on. Reading that the server learns of later would lift the mark. */
  async markUnread(room: RoomId, from: Seq): Promise<void> {
    const read = receipts.unconfirmed(this.store.get().receipts)[room];
    if (read !== undefined) {
      const marks = await receiptCalls.read(this.rest, room, read);
      this.set((state) => receipts.held(state, room, marks));
    }
    await roomCalls.markUnread(this.rest, room, from);
  }

  private set(change: (state: receipts.Receipts) => receipts.Receipts): void {
    this.update((state) => ({ ...state, receipts: change(state.receipts) }));
  }
}

/** The next page tries again. */
function ignore(): void {
  return undefined;
}
