/**
 * The wire, as docs/protocol.md writes it: REST bodies and socket frames.
 *
 * Owns no behaviour. Kinds and fields that are not named here are passed over by whoever reads them.
 */

export type Seq = number;
export type UserId = string;
export type RoomId = string;
export type ClientId = string;
export type Cursor = string;

export type RoomKind = 'direct' | 'group' | 'channel' | 'live';
export type Role = 'owner' | 'admin' | 'moderator' | 'member' | 'reader';
export type History = 'all' | 'since_joined';
export type Presence = 'online' | 'away' | 'offline';
export type Availability = 'online' | 'away' | 'invisible';

export interface Profile {
  id: UserId;
  username?: string;
  display_name: string;
  avatar_url?: string;
  status_text?: string;
  origin: string;
}

export interface Session {
  user: Profile;
  session_id: string;
  device_id: string;
  access_token: string;
  access_expires_at_ms: number;
  refresh_token: string;
  refresh_expires_at_ms: number;
}

export interface SessionInfo {
  id: string;
  device_id: string;
  device_name?: string;
  created_at_ms: number;
  last_used_at_ms: number;
  current: boolean;
}

export interface Watermarks {
  delivered: Seq;
  read: Seq;
}

export interface Unread {
  messages: number;
  mentions: number;
  first?: Seq;
}

export interface MessageBody {
  text: string;
  reply_to?: Seq;
  mentions?: UserId[];
  metadata?: Record<string, unknown>;
}

export interface Message extends Partial<MessageBody> {
  room: RoomId;
  seq: Seq;
  sender: UserId;
  device?: string;
  client_id?: ClientId;
  at_ms: number;
  deleted?: boolean;
}

export interface RoomSettings {
  name?: string;
  description?: string;
  avatar_url?: string;
  history: History;
  slow_mode_s: number;
  archived: boolean;
  metadata?: Record<string, unknown>;
}

export interface Room extends RoomSettings {
  id: RoomId;
  kind: RoomKind;
  created_by: UserId;
  created_at_ms: number;
  members: number;
  head: Seq;
  head_at_ms: number;
  membership: { role: Role; joined_seq: Seq; visible_from: Seq };
  receipt: Watermarks;
  unread: Unread;
  last_message?: Message;
  peer?: Profile;
}

export interface Member {
  user: Profile;
  role: Role;
  joined_seq: Seq;
  receipt?: Watermarks;
}

export interface Invitation {
  id: string;
  created_by: UserId;
  created_at_ms: number;
  expires_at_ms?: number;
  uses: number;
  uses_max?: number;
  code?: string;
  url?: string;
}

export interface InvitationPreview {
  room: {
    id: RoomId;
    kind: RoomKind;
    name?: string;
    description?: string;
    avatar_url?: string;
    members: number;
  };
  invited_by: Profile;
  expires_at_ms?: number;
  joined: boolean;
}

export interface DirectoryRoom {
  id: RoomId;
  kind: RoomKind;
  name: string;
  description?: string;
  avatar_url?: string;
  members: number;
  joined: boolean;
}

export interface Page {
  messages: Message[];
  first_seq: Seq;
  last_seq: Seq;
  head: Seq;
  has_before: boolean;
  has_after: boolean;
}

export interface PresenceEntry {
  user: UserId;
  presence: Presence;
  last_seen_at_ms?: number;
  status_text?: string;
}

export interface ReceiptEntry extends Watermarks {
  user: UserId;
}

/** An event of a kind that this client knows; others keep their seq and say nothing. */
export type Event = EventHead &
  (
    | { kind: 'message.sent'; body: MessageBody }
    | { kind: 'room.created'; body: { kind: RoomKind; settings: RoomSettings } }
    | { kind: 'room.changed'; body: RoomSettings }
    | { kind: 'room.deleted'; body: Record<string, never> }
    | { kind: 'member.joined'; body: { user: UserId; role: Role; visible_from: Seq } }
    | { kind: 'member.role_changed'; body: { user: UserId; role: Role } }
    | { kind: 'member.left'; body: { user: UserId; reason: 'left' | 'removed' | 'banned' } }
    | { kind: 'member.unbanned'; body: { user: UserId } }
  );

export interface EventHead {
  room: RoomId;
  seq: Seq;
  sender: UserId;
  device?: string;
  client_id?: ClientId;
  at_ms: number;
}

export type Command =
  | { type: 'hello'; token?: string; cursor?: Cursor; device_name?: string }
  | ({ type: 'send'; room: RoomId; client_id: ClientId } & MessageBody)
  | { type: 'read'; room: RoomId; seq: Seq }
  | { type: 'delivered'; room: RoomId; seq: Seq }
  | { type: 'typing'; room: RoomId; active: boolean }
  | { type: 'presence'; watch?: UserId[]; unwatch?: UserId[] }
  | { type: 'status'; availability: Availability }
  | { type: 'token'; token: string }
  | { type: 'ping'; sent_at_ms?: number };

export interface Welcome {
  connection: number;
  user: Profile;
  session_id: string;
  device_id: string;
  server_at_ms: number;
  ping_interval_ms: number;
  peer_timeout_ms: number;
  resume: 'resumed' | 'fresh' | 'reset';
  reason?: string;
  cursor: Cursor;
}

export interface Ack {
  type: 'ack';
  id: number;
  welcome?: Welcome;
  room?: RoomId;
  seq?: Seq;
  at_ms?: number;
  duplicate?: boolean;
  delivered?: Seq;
  read?: Seq;
  presence?: PresenceEntry[];
  sent_at_ms?: number;
  server_at_ms?: number;
}

export interface Refusal {
  type: 'refusal';
  id: number;
  code: string;
  detail?: string;
  retryable: boolean;
  outcome: 'not_done' | 'unknown';
  retry_after_ms?: number;
}

/** What the server says by itself, besides answers. */
export type Push =
  | { type: 'event'; event: Event }
  | { type: 'gap'; room: RoomId; from: Seq; to: Seq }
  | { type: 'checkpoint'; cursor: Cursor; live: boolean }
  | { type: 'behind' }
  | { type: 'receipt'; room: RoomId; receipts: ReceiptEntry[]; unread?: Unread }
  | { type: 'typing'; room: RoomId; user: UserId; active: boolean }
  | { type: 'presence'; presence: PresenceEntry[] }
  | { type: 'signal'; room: RoomId; user: UserId; name: string; data: unknown }
  | { type: 'hint'; room: RoomId; head: Seq; at_ms: number }
  | { type: 'profile'; user: Profile }
  | { type: 'reconnect'; after_ms: number };

export type Frame = Ack | Refusal | Push;
