/** Presence over the socket: whom the screen shows is watched, and one's own state is told. */
import type { Availability, RoomId } from '../api/types.ts';
import type { Store } from '../store/store.ts';
import type { Connector } from './connector.ts';
import * as presence from './presence.ts';
import { watchable, type AppState } from './state.ts';

type Change = (state: presence.Presences) => [presence.Presences, presence.Change];

export class Watcher {
  /** What this connection was told last. */
  private told: Availability = 'online';

  constructor(
    private readonly store: Store<AppState>,
    private readonly connector: Connector,
  ) {}

  /** A new connection watches nobody yet, and takes one for online. */
  connected(): void {
    this.set(presence.connected);
    this.told = 'online';
    this.tell(this.store.get().availability);
  }

  lost(): void {
    this.store.set((state) => ({ ...state, presence: presence.disconnected(state.presence) }));
  }

  /** The rooms or the open room's members have changed. */
  look(open: RoomId | undefined): void {
    this.set((state) => presence.want(state, watchable(this.store.get(), open)));
  }

  /** Who hides stays hidden, at the screen or not. */
  tell(availability: Availability): void {
    const chosen = this.store.get().availability;
    const next = chosen === 'invisible' ? chosen : availability;
    if (next === this.told) return;
    this.told = next;
    this.connector.send({ type: 'status', availability: next });
  }

  private set(change: Change): void {
    const [next, { watch, unwatch }] = change(this.store.get().presence);
    this.store.set((state) => ({ ...state, presence: next }));
    if (watch.length + unwatch.length === 0) return;
    const command = {
      ...(watch.length === 0 ? {} : { watch }),
      ...(unwatch.length === 0 ? {} : { unwatch }),
    };
    this.connector.send({ type: 'presence', ...command }, (answer) => {
      if (answer?.type !== 'ack') return;
      this.store.set((state) => ({
        ...state,
        presence: presence.heard(state.presence, answer.presence ?? []),
      }));
    });
  }
}
