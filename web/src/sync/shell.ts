/**
 * The I/O around the machines of this folder, for one account in one window: socket, timers, REST,
 * attention. It decides nothing itself: it feeds inputs, carries out effects, and puts the new state
 * into the store, from which the screen is drawn.
 */
import { saveProfile, keyOf } from '../accounts/accounts.ts';
import { Tokens } from '../accounts/tokens.ts';
import { Rest } from '../api/rest.ts';
import type {
  Availability,
  ClientId,
  Cursor,
  MessageBody,
  Profile,
  Push,
  RoomId,
  Seq,
  Watermarks,
  Welcome,
} from '../api/types.ts';
import { uuidv7 } from '../api/uuid.ts';
import { createStore, type Store } from '../store/store.ts';
import { isAttentive, watchAttention } from './attention.ts';
import { Connector } from './connector.ts';
import { Letters } from './letters.ts';
import { Loader } from './loader.ts';
import * as outbox from './outbox.ts';
import * as presence from './presence.ts';
import { Reader } from './reader.ts';
import * as receipts from './receipts.ts';
import * as rooms from './rooms.ts';
import { initial, withEvent, withProfile, withoutRoom, type AppState } from './state.ts';
import * as timeline from './timeline.ts';
import * as typing from './typing.ts';
import { Watcher } from './watcher.ts';

/** Stale rooms are gathered for so long before they are loaded anew. */
const STALE_MS = 400;
/** Messages that a room keeps in memory after it was left. */
const KEPT_MESSAGES = 150;

export interface ShellEvents {
  /** The session is over; the account was not removed yet. */
  signedOut(): void;
}

export class Shell {
  readonly store: Store<AppState>;
  readonly rest: Rest;
  readonly load: Loader;
  readonly reader: Reader;
  private readonly letters: Letters;
  private readonly connector: Connector;
  private readonly watcher: Watcher;
  private listIsFresh = false;
  private open: RoomId | undefined;
  private told: typing.Told | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private staleTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly stops: (() => void)[] = [];

  constructor(
    me: Profile,
    availability: Availability,
    private readonly events: ShellEvents,
  ) {
    const tokens = new Tokens(me.id);
    this.rest = new Rest(tokens);
    this.letters = new Letters(me.id);
    this.store = createStore(initial(me, availability));
    this.load = new Loader(this.rest, this.store);
    this.connector = new Connector(tokens, {
      prepare: () => this.prepare(),
      changed: (connection) => this.store.set((state) => ({ ...state, connection })),
      welcomed: (welcome) => this.welcomed(welcome),
      lost: () => this.lost(),
      push: (frame) => this.take(frame),
      signedOut: () => this.events.signedOut(),
    });
    this.watcher = new Watcher(this.store, this.connector);
    this.reader = new Reader(me.id, this.store, this.rest, this.connector, (change) =>
      this.update(change),
    );
  }

  start(): void {
    this.post({ type: 'restored', letters: this.letters.all() });
    this.reader.restore();
    this.stops.push(
      watchAttention({ returned: () => this.returned(), away: () => this.watcher.tell('away') }),
      listen(window, 'online', () => this.connector.network(true)),
      listen(window, 'offline', () => this.connector.network(false)),
      listen(window, 'pagehide', () => this.reader.leave()),
      listen(window, 'storage', (event) => this.changedElsewhere(event as StorageEvent)),
    );
    this.connector.start();
  }

  stop(): void {
    for (const stop of this.stops.splice(0)) stop();
    this.connector.stop();
    clearTimeout(this.timer);
    clearTimeout(this.staleTimer);
  }

  // What the screen asks for.

  openRoom(room: RoomId): void {
    this.open = room;
    this.loadOpen();
  }

  closeRoom(room: RoomId): void {
    this.type(room, false);
    if (this.open === room) this.open = undefined;
    this.update(({ timelines, ...state }) => {
      const known = timelines[room];
      return {
        ...state,
        timelines: known
          ? { ...timelines, [room]: timeline.trim(known, KEPT_MESSAGES) }
          : timelines,
      };
    });
  }

  say(room: RoomId, body: MessageBody): void {
    const letter = { ...body, room, client_id: uuidv7(), written_at_ms: Date.now() };
    this.type(room, false);
    this.post({ type: 'written', letter });
  }

  sayAgain(client_id: ClientId): void {
    this.post({ type: 'again', client_id });
  }

  discard(client_id: ClientId): void {
    this.post({ type: 'discarded', client_id });
  }

  /** Everything up to `seq` was on screen. Counts as read only while somebody looks. */
  seen(room: RoomId, seq: Seq): void {
    if (!isAttentive()) return;
    if (rooms.isMarked(this.store.get().rooms, room, seq)) {
      this.update((state) => ({ ...state, rooms: rooms.unmarked(state.rooms, room) }));
      this.connector.send({ type: 'read', room, seq });
    }
    this.update((state) => ({
      ...state,
      rooms: rooms.read(state.rooms, room, seq),
      receipts: receipts.want(state.receipts, room, { delivered: seq, read: seq }, Date.now()),
    }));
    this.refreshStale();
  }

  type(room: RoomId, writing: boolean): void {
    const [told, commands] = typing.tell(this.told, room, writing, Date.now());
    this.told = told;
    for (const command of commands) this.connector.send({ type: 'typing', ...command });
  }

  retryNow(): void {
    this.connector.nudge();
  }

  setAvailability(availability: Availability): void {
    this.update((state) => ({ ...state, availability }));
    this.watcher.tell(availability);
  }

  /** One has joined or made a room: it is shown before its first event comes. */
  async enter(room: RoomId): Promise<void> {
    await this.load.room(room);
    this.watch();
  }

  forgetRoom(room: RoomId): void {
    this.update((state) => withoutRoom(state, room));
    this.post({ type: 'room_gone', room });
  }

  profileIs(user: Profile): void {
    this.update((state) => withProfile(state, user));
    saveProfile(this.store.get().me);
  }

  // What the connector reports.

  /** The room list is loaded before the first connection, and its cursor opens the stream. */
  private async prepare(): Promise<Cursor | undefined> {
    if (this.store.get().rooms.loaded) return undefined;
    this.listIsFresh = true;
    return this.loadList();
  }

  private async loadList(): Promise<Cursor> {
    const cursor = await this.load.roomList();
    for (const { room } of Object.values(this.store.get().rooms.entries))
      this.reader.arrived(room.id, room.head);
    this.watch();
    return cursor;
  }

  private welcomed(welcome: Welcome): void {
    this.update((state) => ({
      ...state,
      receipts: receipts.reconnected(state.receipts, Date.now()),
      // What could not be loaded is tried again.
      troubles: {},
    }));
    if (welcome.resume === 'reset') this.beginAnew();
    else if (!this.listIsFresh) this.loadList().catch(ignore);
    this.listIsFresh = false;
    this.profileIs(welcome.user);
    this.watcher.connected();
    this.loadOpen();
    this.post({ type: 'connected' });
  }

  /** The server cannot tell what was missed: what is held of the rooms is dropped and loaded again. */
  private beginAnew(): void {
    this.update((state) => ({ ...state, timelines: {} }));
    this.loadList().catch(ignore);
    const { entries } = this.store.get().outbox;
    const sent = entries.filter(({ state }) => state.name === 'sent');
    this.post({ type: 'confirmed', client_ids: sent.map(({ letter }) => letter.client_id) });
  }

  private lost(): void {
    this.told = undefined;
    this.watcher.lost();
    this.update((state) => ({ ...state, typing: {} }));
    this.post({ type: 'disconnected' });
  }

  // What the server says by itself.

  private take(frame: Push): void {
    switch (frame.type) {
      case 'event':
        this.happened(frame.event);
        return;
      case 'gap':
        this.behindTo(frame.room, frame.to);
        return;
      case 'hint':
        this.behindTo(frame.room, frame.head);
        return;
      case 'receipt':
        this.receiptsRose(frame);
        return;
      case 'typing':
        this.update((state) => ({
          ...state,
          typing: typing.heard(state.typing, frame.room, frame.user, frame.active, Date.now()),
        }));
        return;
      case 'presence':
        this.update((state) => ({
          ...state,
          presence: presence.heard(state.presence, frame.presence),
        }));
        return;
      case 'profile':
        this.profileIs(frame.user);
    }
  }

  private happened(event: Extract<Push, { type: 'event' }>['event']): void {
    const me = this.store.get().me.id;
    const { room, seq } = event;
    if (event.kind === 'room.deleted' || (event.kind === 'member.left' && event.body.user === me)) {
      this.forgetRoom(room);
      return;
    }
    this.update((state) => withEvent(state, event));
    if (event.sender === me && event.client_id !== undefined) {
      this.post({ type: 'confirmed', client_ids: [event.client_id] });
    }
    this.reader.arrived(room, seq);
    if (!this.store.get().rooms.entries[room]) void this.load.room(room).then(() => this.watch());
    if (event.kind === 'member.joined' && this.open === room) this.loadMembers(room);
  }

  /** Seqs up to `to` exist and will not be sent: the gap is shown, the counts are asked for. */
  private behindTo(room: RoomId, to: Seq): void {
    this.update((state) => {
      const known = state.timelines[room];
      if (!known) return state;
      return { ...state, timelines: { ...state.timelines, [room]: timeline.raiseHead(known, to) } };
    });
    void this.load.room(room);
  }

  private receiptsRose({
    room,
    receipts: entries,
    unread,
  }: Extract<Push, { type: 'receipt' }>): void {
    const own = entries.find(({ user }) => user === this.store.get().me.id);
    this.update((state) => ({
      ...state,
      receipts: receipts.othersRose(state.receipts, room, entries),
    }));
    if (own) this.ownRose(room, own);
    const entry = this.store.get().rooms.entries[room];
    const differs = entry && unread && unread.messages !== rooms.unreadOf(entry).messages;
    if (differs) void this.load.room(room);
  }

  private ownRose(room: RoomId, { delivered, read }: Watermarks): void {
    this.update((state) => ({
      ...state,
      receipts: receipts.held(state.receipts, room, { delivered, read }),
      rooms: rooms.read(state.rooms, room, read),
    }));
    this.refreshStale();
  }

  // Presence, outbox.

  /** What the open room lacks: its members with their receipts, and where there is nothing, a first page. */
  private loadOpen(): void {
    const room = this.open;
    if (room === undefined) return;
    this.loadMembers(room);
    const { timelines, rooms: list } = this.store.get();
    if (timelines[room]?.ranges.length) return;
    const entry = list.entries[room];
    const first = entry && rooms.unreadOf(entry).first;
    void this.load.page(room, first === undefined ? {} : { around: first });
  }

  private loadMembers(room: RoomId): void {
    void this.load.members(room).then(() => this.watch());
  }

  private watch(): void {
    this.watcher.look(this.open);
  }

  private post(input: outbox.Input): void {
    const [next, effects] = outbox.step(this.store.get().outbox, input, Date.now());
    this.update((state) => ({ ...state, outbox: next }));
    for (const effect of effects) {
      if (effect.type === 'save') this.letters.save(effect.letter);
      else if (effect.type === 'forget') this.letters.forget(effect.client_id);
      else this.deliver(effect.letter);
    }
  }

  private deliver({ written_at_ms: _, failed: __, ...letter }: outbox.Letter): void {
    const { client_id } = letter;
    this.connector.send({ type: 'send', ...letter }, (answer) => {
      if (answer?.type === 'ack') {
        this.post({
          type: 'acked',
          client_id,
          seq: answer.seq ?? 0,
          at_ms: answer.at_ms ?? Date.now(),
        });
      } else if (answer) this.post({ type: 'refused', client_id, refusal: answer });
    });
  }

  // Time, and other windows.

  private returned(): void {
    this.watcher.tell(this.store.get().availability);
    this.connector.nudge();
  }

  private changedElsewhere(event: StorageEvent): void {
    const me = this.store.get().me.id;
    if (event.key === keyOf(me)) {
      if (event.newValue === null) this.events.signedOut();
      else this.connector.tokenChanged();
    }
    const removed = this.letters.removedBy(event);
    const entry = this.store
      .get()
      .outbox.entries.find(({ letter }) => letter.client_id === removed);
    if (removed !== undefined && entry?.state.name === 'failed')
      this.post({ type: 'discarded', client_id: removed });
  }

  private refreshStale(): void {
    if (this.staleTimer !== undefined || rooms.staleRooms(this.store.get().rooms).length === 0)
      return;
    this.staleTimer = setTimeout(() => {
      this.staleTimer = undefined;
      for (const room of rooms.staleRooms(this.store.get().rooms)) void this.load.room(room);
    }, STALE_MS);
  }

  private update(change: (state: AppState) => AppState): void {
    this.store.set(change);
    this.schedule();
  }

  /** One timer for all that waits. */
  private schedule(): void {
    clearTimeout(this.timer);
    const state = this.store.get();
    const times = [
      outbox.nextWake(state.outbox),
      typing.nextWake(state.typing),
      this.connector.isLive() ? state.receipts.due_ms : undefined,
    ].filter((time) => time !== undefined);
    if (times.length === 0) return;
    this.timer = setTimeout(() => this.tick(), Math.max(0, Math.min(...times) - Date.now()));
  }

  private tick(): void {
    const now_ms = Date.now();
    this.post({ type: 'tick' });
    this.update((state) => ({ ...state, typing: typing.faded(state.typing, now_ms) }));
    if (this.connector.isLive() && now_ms >= (this.store.get().receipts.due_ms ?? Infinity))
      this.reader.acknowledge();
  }
}

function listen(target: EventTarget, name: string, handler: (event: Event) => void): () => void {
  target.addEventListener(name, handler);
  return () => target.removeEventListener(name, handler);
}

/** The next connection, or the next page, tries again. */
function ignore(): void {
  return undefined;
}
