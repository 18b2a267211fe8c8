/** The REST calls that this client makes, by name and with their types. Section 3 of docs/protocol.md. */
import type {
  Event,
  DirectoryRoom,
  History,
  Invitation,
  InvitationPreview,
  Member,
  Message,
  Page,
  Profile,
  Role,
  Room,
  RoomId,
  RoomKind,
  Seq,
  Session,
  SessionInfo,
  Unread,
  UserId,
  Watermarks,
} from './types.ts';
import type { Rest } from './rest.ts';

export interface SignUp {
  username: string;
  password: string;
  display_name?: string;
  device_name?: string;
}

export interface NewRoom {
  kind: RoomKind;
  name?: string;
  description?: string;
  history?: History;
  members?: UserId[];
  user?: UserId;
}

/** What of `GET /v1/limits` decides which doors are shown. */
export interface ServerWays {
  server: { sign_up_open: boolean; guests_open: boolean };
}

/** Before anybody is signed in. */
export const entrance = {
  ways: (rest: Rest) => rest.request<ServerWays>('GET', '/v1/limits'),
  signUp: (rest: Rest, body: SignUp, key: string) =>
    rest.request<Session>('POST', '/v1/accounts', { body, idempotencyKey: key }),
  signIn: (rest: Rest, body: { username: string; password: string; device_name?: string }) =>
    rest.request<Session>('POST', '/v1/sessions', { body }),
  guest: (rest: Rest, body: { display_name: string; device_name?: string }) =>
    rest.request<Session>('POST', '/v1/guests', { body }),
  refresh: (rest: Rest, refresh_token: string) =>
    rest.request<Session>('POST', '/v1/sessions/refresh', { body: { refresh_token } }),
};

export const sessions = {
  list: (rest: Rest) => rest.request<{ sessions: SessionInfo[] }>('GET', '/v1/sessions'),
  revoke: (rest: Rest, id: string) => rest.request<undefined>('DELETE', `/v1/sessions/${id}`),
  revokeOthers: (rest: Rest) => rest.request<undefined>('DELETE', '/v1/sessions'),
};

export const password = {
  change: (rest: Rest, body: { current_password: string; new_password: string }) =>
    rest.request<undefined>('PUT', '/v1/me/password', { body }),
};

export const people = {
  change: (rest: Rest, body: { display_name?: string; status_text?: string | null }) =>
    rest.request<Profile>('PATCH', '/v1/me', { body }),
  search: (rest: Rest, query: string) =>
    rest.request<{ users: Profile[]; next?: string }>('GET', '/v1/users', {
      query: { query, limit: 20 },
    }),
  get: (rest: Rest, id: UserId) => rest.request<Profile>('GET', `/v1/users/${id}`),
};

export const rooms = {
  create: (rest: Rest, body: NewRoom) => rest.request<Room>('POST', '/v1/rooms', { body }),
  page: (rest: Rest, after?: string) =>
    rest.request<{ rooms: Room[]; cursor: string; next?: string }>('GET', '/v1/rooms', {
      query: { limit: 200, after },
    }),
  get: (rest: Rest, room: RoomId) => rest.request<Room>('GET', `/v1/rooms/${room}`),
  change: (rest: Rest, room: RoomId, body: { name?: string; description?: string | null }) =>
    rest.request<Room>('PATCH', `/v1/rooms/${room}`, { body }),
  join: (rest: Rest, room: RoomId) => rest.request<Room>('POST', `/v1/rooms/${room}/join`),
  remove: (rest: Rest, room: RoomId) => rest.request<undefined>('DELETE', `/v1/rooms/${room}`),
  markUnread: (rest: Rest, room: RoomId, from: Seq) =>
    rest.request<Unread>('PUT', `/v1/rooms/${room}/unread`, { body: { from } }),
  leave: (rest: Rest, room: RoomId) => rest.request<undefined>('POST', `/v1/rooms/${room}/leave`),
  directory: (rest: Rest, query: string) =>
    rest.request<{ rooms: DirectoryRoom[]; next?: string }>('GET', '/v1/directory', {
      query: { query, limit: 50 },
    }),
};

export const members = {
  page: (rest: Rest, room: RoomId, after?: string) =>
    rest.request<{ members: Member[]; next?: string }>('GET', `/v1/rooms/${room}/members`, {
      query: { limit: 200, after },
    }),
  put: (rest: Rest, room: RoomId, user: UserId, role?: Role) =>
    rest.request<Member>('PUT', `/v1/rooms/${room}/members/${user}`, {
      body: role === undefined ? {} : { role },
    }),
  remove: (rest: Rest, room: RoomId, user: UserId) =>
    rest.request<undefined>('DELETE', `/v1/rooms/${room}/members/${user}`),
};

export const invitations = {
  create: (rest: Rest, room: RoomId) =>
    rest.request<Invitation>('POST', `/v1/rooms/${room}/invitations`, { body: {} }),
  look: (rest: Rest, code: string) =>
    rest.request<InvitationPreview>('GET', `/v1/invitations/${encodeURIComponent(code)}`),
  accept: (rest: Rest, code: string) =>
    rest.request<Room>('POST', `/v1/invitations/${encodeURIComponent(code)}/accept`),
};

export const receipts = {
  /** Outlives the page that asks. */
  read: (rest: Rest, room: RoomId, read: Seq) =>
    rest.request<Watermarks>('PUT', `/v1/rooms/${room}/receipts/me`, {
      body: { read },
      keepalive: true,
    }),
};

export type Where = { before: Seq } | { after: Seq } | { around: Seq } | Record<string, never>;

export const messages = {
  one: (rest: Rest, room: RoomId, seq: Seq) =>
    rest.request<Message>('GET', `/v1/rooms/${room}/messages/${seq}`),
  page: (rest: Rest, room: RoomId, where: Where, limit = 50) =>
    rest.request<Page>('GET', `/v1/rooms/${room}/messages`, { query: { ...where, limit } }),
  events: (rest: Rest, room: RoomId, after: Seq, limit: number) =>
    rest.request<{ events: Event[] }>('GET', `/v1/rooms/${room}/events`, {
      query: { after, limit: Math.min(limit, 200) },
    }),
};
