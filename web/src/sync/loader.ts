/**
 * What is loaded by REST into the state: the room list, single rooms, members, pages, people.
 *
 * *Invariant*: of one thing one load is under way; who asks meanwhile gets that one's outcome, or for a
 * room, whose counts change by the moment, that of another load right after it. A failed load leaves a
 * trouble by its name, which the screen shows with a way to try again.
 */
import { members as memberCalls, messages, people, rooms, type Where } from '../api/endpoints.ts';
import { Problem, explain } from '../api/problem.ts';
import type { Rest } from '../api/rest.ts';
import type { Cursor, Event, Member, Page, Room, RoomId, UserId } from '../api/types.ts';
import type { Store } from '../store/store.ts';
import { noticeOf, tells, unsaidIn } from './notices.ts';
import { SHOWN_MEMBERS_MAX } from './receipts.ts';
import { withMembers, withPeople, withRooms, withoutRoom, type AppState } from './state.ts';
import { addPage, empty, latestOnly } from './timeline.ts';

export class Loader {
  private readonly underWay = new Map<string, Promise<boolean>>();
  private readonly next = new Map<string, Promise<boolean>>();

  constructor(
    private readonly rest: Rest,
    private readonly store: Store<AppState>,
  ) {}

  /** All of one's rooms; the cursor is the first page's, so that nothing falls between. */
  async roomList(): Promise<Cursor> {
    const first = await rooms.page(this.rest);
    const list: Room[] = [...first.rooms];
    for (let next = first.next; next !== undefined;) {
      const page = await rooms.page(this.rest, next);
      list.push(...page.rooms);
      next = page.next;
    }
    this.store.set((state) => withRooms(state, list, 'whole'));
    return first.cursor;
  }

  room(id: RoomId): Promise<boolean> {
    return this.anew(`room ${id}`, async () => {
      const room = await rooms.get(this.rest, id).catch(absent);
      this.store.set((state) => (room ? withRooms(state, [room], 'part') : withoutRoom(state, id)));
    });
  }

  /** The members, as many as are shown with receipts. */
  members(id: RoomId): Promise<boolean> {
    return this.once(`members ${id}`, async () => {
      const list: Member[] = [];
      let after: string | undefined;
      do {
        const page = await memberCalls.page(this.rest, id, after);
        list.push(...page.members);
        after = page.next;
      } while (after !== undefined && list.length < SHOWN_MEMBERS_MAX);
      this.store.set((state) => withMembers(state, id, list));
    });
  }

  page(id: RoomId, where: Where): Promise<boolean> {
    return this.once(`page ${id}`, async () => {
      await this.put(id, addPage, await messages.page(this.rest, id, where));
    });
  }

  /** Drops what is held of a room but what goes on from its latest page. */
  latest(id: RoomId): Promise<boolean> {
    return this.once(`latest ${id}`, async () => {
      await this.put(id, latestOnly, await messages.page(this.rest, id, {}));
    });
  }

  person(id: UserId): Promise<boolean> {
    return this.once(`person ${id}`, async () => {
      const user = await people.get(this.rest, id).catch(absent);
      if (user) this.store.set((state) => withPeople(state, [user]));
    });
  }

  /** Messages and the lines between them come together, so that nothing moves when they are there. */
  private async put(id: RoomId, join: typeof addPage, page: Page): Promise<void> {
    const room = this.store.get().rooms.entries[id]?.room;
    const told = room && tells(room.kind) ? await this.unsaid(id, page) : [];
    const notices = told.flatMap((event) => (room && noticeOf(event, room)) ?? []);
    this.store.set((state) => ({
      ...state,
      timelines: { ...state.timelines, [id]: join(state.timelines[id] ?? empty, page, notices) },
    }));
  }

  private async unsaid(id: RoomId, page: Page): Promise<Event[]> {
    const events: Event[] = [];
    const span = unsaidIn(page);
    for (let next = span?.from; span && next !== undefined && next <= span.to;) {
      const answer = await messages.events(this.rest, id, next - 1, span.to - next + 1);
      events.push(...answer.events.filter(({ seq }) => seq <= span.to));
      const last = answer.events.at(-1)?.seq;
      next = last === undefined ? undefined : last + 1;
    }
    return events;
  }

  /** The answer under way may be older than what made us ask. */
  private anew(name: string, load: () => Promise<void>): Promise<boolean> {
    const now = this.underWay.get(name);
    if (!now) return this.once(name, load);
    const next =
      this.next.get(name) ??
      now.then(() => {
        this.next.delete(name);
        return this.once(name, load);
      });
    this.next.set(name, next);
    return next;
  }

  private once(name: string, load: () => Promise<void>): Promise<boolean> {
    const known = this.underWay.get(name);
    if (known) return known;
    const run = load()
      .then(() => this.trouble(name, undefined))
      .catch((error: unknown) => this.trouble(name, explain(error)))
      .finally(() => this.underWay.delete(name));
    this.underWay.set(name, run);
    return run;
  }

  /** Says whether all went well. */
  private trouble(name: string, text: string | undefined): boolean {
    this.store.set((state) => {
      if (state.troubles[name] === text) return state;
      const { [name]: _, ...others } = state.troubles;
      return { ...state, troubles: text === undefined ? others : { ...others, [name]: text } };
    });
    return text === undefined;
  }
}

function absent(error: unknown): undefined {
  if (error instanceof Problem && error.status === 404) return undefined;
  throw error;
}
