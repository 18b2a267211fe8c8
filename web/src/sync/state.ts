/** Everything that the screen is drawn from, as one value. */
import type { Availability, Event, Member, Profile, Room, RoomId, UserId } from '../api/types.ts';
import * as connection from './connection.ts';
import { noticeOf } from './notices.ts';
import * as outbox from './outbox.ts';
import * as presence from './presence.ts';
import * as receipts from './receipts.ts';
import * as rooms from './rooms.ts';
import * as timeline from './timeline.ts';
import * as typing from './typing.ts';

export interface AppState {
  me: Profile;
  connection: connection.Connection;
  rooms: rooms.Rooms;
  /** Of rooms that were opened in this window. */
  timelines: Readonly<Record<RoomId, timeline.Timeline>>;
  /** Of rooms that were opened; undefined while they load. */
  members: Readonly<Record<RoomId, readonly Member[]>>;
  people: Readonly<Record<UserId, Profile>>;
  outbox: outbox.Outbox;
  receipts: receipts.Receipts;
  presence: presence.Presences;
  typing: typing.Typing;
  /** What could not be loaded, by what it was. */
  troubles: Readonly<Record<string, string>>;
  availability: Availability;
}

export function initial(me: Profile, availability: Availability): AppState {
  return {
    me,
    connection: connection.initial,
    rooms: rooms.initial,
    timelines: {},
    members: {},
    people: { [me.id]: me },
    outbox: outbox.initial,
    receipts: receipts.initial,
    presence: presence.initial,
    typing: {},
    troubles: {},
    availability,
  };
}

/** What a durable event changes on screen. */
export function withEvent(state: AppState, event: Event): AppState {
  const me = state.me.id;
  const known = state.timelines[event.room];
  const room = state.rooms.entries[event.room]?.room;
  const notice = room && noticeOf(event, room);
  const changed = {
    ...state,
    rooms: rooms.happened(state.rooms, event, me),
    timelines: known
      ? { ...state.timelines, [event.room]: timeline.addEvent(known, event, notice) }
      : state.timelines,
    typing:
      event.kind === 'message.sent'
        ? typing.heard(state.typing, event.room, event.sender, false, event.at_ms)
        : state.typing,
  };
  return withMembership(withSender(changed, event), event);
}

/** Who sends a message has read up to it; the server says no receipt for that. */
function withSender(state: AppState, event: Event): AppState {
  if (event.kind !== 'message.sent') return state;
  const { room, sender, seq } = event;
  const marks = { delivered: seq, read: seq };
  if (sender !== state.me.id) {
    return {
      ...state,
      receipts: receipts.othersRose(state.receipts, room, [{ user: sender, ...marks }]),
    };
  }
  return {
    ...state,
    receipts: receipts.held(state.receipts, room, marks),
    rooms: rooms.read(state.rooms, room, seq),
  };
}

function withMembership(state: AppState, event: Event): AppState {
  const { room } = event;
  const list = state.members[room];
  switch (event.kind) {
    case 'member.joined':
      return {
        ...state,
        receipts: receipts.memberJoined(state.receipts, room, event.body.user, event.seq),
      };
    case 'member.left': {
      const { user } = event.body;
      const members = list
        ? { ...state.members, [room]: list.filter((m) => m.user.id !== user) }
        : state.members;
      return { ...state, members, receipts: receipts.memberLeft(state.receipts, room, user) };
    }
    case 'member.role_changed': {
      const { user, role } = event.body;
      if (!list) return state;
      const changed = list.map((member) =>
        member.user.id === user ? { ...member, role } : member,
      );
      return { ...state, members: { ...state.members, [room]: changed } };
    }
    default:
      return state;
  }
}

/** One is no longer in a room, or it is no more. */
export function withoutRoom(state: AppState, room: RoomId): AppState {
  const { [room]: _timeline, ...timelines } = state.timelines;
  const { [room]: _members, ...members } = state.members;
  return { ...state, timelines, members, rooms: rooms.gone(state.rooms, room) };
}

export function withProfile(state: AppState, user: Profile): AppState {
  return {
    ...withPeople(state, [user]),
    me: user.id === state.me.id ? user : state.me,
    members: Object.fromEntries(
      Object.entries(state.members).map(([room, list]) => [room, renamed(list, user)]),
    ),
    rooms: rooms.profileChanged(state.rooms, user),
  };
}

function renamed(list: readonly Member[], user: Profile): readonly Member[] {
  if (!list.some((member) => member.user.id === user.id)) return list;
  return list.map((member) => (member.user.id === user.id ? { ...member, user } : member));
}

export function withPeople(state: AppState, users: readonly Profile[]): AppState {
  if (users.length === 0) return state;
  const people = { ...state.people };
  for (const user of users) people[user.id] = user;
  return { ...state, people };
}

export function withMembers(state: AppState, room: RoomId, members: readonly Member[]): AppState {
  const known = withPeople(
    state,
    members.map(({ user }) => user),
  );
  return {
    ...known,
    members: { ...known.members, [room]: members },
    receipts: receipts.othersOf(known.receipts, room, members, state.me.id),
  };
}

/** The room list or one room, with what they say about people and about one's own watermarks. */
export function withRooms(
  state: AppState,
  list: readonly Room[],
  whole: 'whole' | 'part',
): AppState {
  const peers = list.flatMap(({ peer }) => (peer ? [peer] : []));
  const readTo: rooms.ReadTo = (room) => receipts.readTo(state.receipts, room);
  return {
    ...withPeople(state, peers),
    rooms:
      whole === 'whole'
        ? rooms.listed(state.rooms, list, readTo)
        : list.reduce((all, room) => rooms.snapshot(all, room, readTo), state.rooms),
    receipts: list.reduce((all, room) => receipts.held(all, room.id, room.receipt), state.receipts),
  };
}

/** Whose presence the screen may show: the people of direct rooms, and of the open room. */
export function watchable(state: AppState, open: RoomId | undefined): UserId[] {
  const peers = rooms.ordered(state.rooms).flatMap(({ room }) => (room.peer ? [room.peer.id] : []));
  const present = open === undefined ? [] : (state.members[open] ?? []).map(({ user }) => user.id);
  return [...present, ...peers].filter((id) => id !== state.me.id);
}
