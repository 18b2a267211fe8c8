-- The log and what is derived from it, the directory, and the accounts.
--
-- Ids are UUIDs as 16 bytes; times are milliseconds since 1970 (UTC). The views at the end show both
-- as a person reads them. No row of `events` is ever removed, so no position is ever given twice.

-- One row: what this file is.
CREATE TABLE meta (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch      INTEGER NOT NULL,                             -- which life of the log; 64 bits
    secret     BLOB    NOT NULL CHECK (length(secret) = 32), -- tokens are signed with it
    created_at INTEGER NOT NULL,
    copied_at  INTEGER                                       -- set in a backup: whoever serves it begins a new epoch
) STRICT;

-- The log: every durable fact, in commit order. All that follows down to `mentions` is derived from it.
CREATE TABLE events (
    position  INTEGER NOT NULL PRIMARY KEY,
    room      BLOB    NOT NULL,
    seq       INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    sender    BLOB    NOT NULL,
    device    BLOB,
    client_id BLOB,
    at_ms     INTEGER NOT NULL,
    body      TEXT    NOT NULL, -- JSON
    checksum  INTEGER NOT NULL  -- CRC-32 of the other columns
) STRICT;

-- De-duplication, for ever. The client id stands first: clients make version 7, whose order is that
-- of time, so that new entries share pages; by sender they would be scattered over all of it.
CREATE UNIQUE INDEX events_by_client_id ON events (client_id, sender) WHERE client_id IS NOT NULL;

-- Each room's events in order, and as much of them as counting needs. It is the log's index by room
-- and the list of messages in one; a message's text stands in the log alone.
CREATE TABLE timeline (
    room     BLOB    NOT NULL,
    seq      INTEGER NOT NULL,
    position INTEGER NOT NULL,
    sender   BLOB    NOT NULL,
    message  INTEGER NOT NULL CHECK (message IN (0, 1, 2)), -- 0: no message, 1: a message, 2: a deleted one
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE rooms (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind          TEXT    NOT NULL CHECK (kind IN ('direct', 'group', 'channel', 'live')),
    settings      TEXT    NOT NULL, -- JSON
    name_key      TEXT    NOT NULL, -- the name in lower case, or empty
    archived      INTEGER NOT NULL CHECK (archived IN (0, 1)),
    deleted       INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    created_by    BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    head          INTEGER NOT NULL,
    head_position INTEGER NOT NULL,
    head_at       INTEGER NOT NULL,
    last_message  INTEGER NOT NULL, -- seq, or 0
    version       INTEGER NOT NULL,
    members       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX rooms_listed ON rooms (name_key, id)
    WHERE kind IN ('channel', 'live') AND deleted = 0 AND archived = 0;

CREATE TABLE memberships (
    room          BLOB    NOT NULL,
    user          BLOB    NOT NULL,
    role          TEXT    NOT NULL CHECK (role IN ('reader', 'member', 'moderator', 'admin', 'owner')),
    joined_seq    INTEGER NOT NULL,
    visible_from  INTEGER NOT NULL,
    left_seq      INTEGER, -- NULL while it stands
    left_position INTEGER,
    banned_at     INTEGER, -- NULL unless banned
    PRIMARY KEY (room, user),
    CHECK ((left_seq IS NULL) = (left_position IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX memberships_current ON memberships (user, room) WHERE left_seq IS NULL;
CREATE INDEX memberships_ended ON memberships (user, left_position) WHERE left_position IS NOT NULL;
CREATE INDEX memberships_banned ON memberships (room, user) WHERE banned_at IS NOT NULL;

-- Who is mentioned where, deleted messages and mentions of oneself left out.
CREATE TABLE mentions (
    room BLOB    NOT NULL,
    user BLOB    NOT NULL,
    seq  INTEGER NOT NULL,
    PRIMARY KEY (room, user, seq)
) STRICT, WITHOUT ROWID;

-- Watermarks are not in the log: a rebuild keeps them.
CREATE TABLE receipts (
    room        BLOB    NOT NULL,
    user        BLOB    NOT NULL,
    delivered   INTEGER NOT NULL,
    read        INTEGER NOT NULL,
    stamp       INTEGER NOT NULL, -- the log's last position when they last rose
    unread_from INTEGER,          -- the message from which the room counts as unread again
    PRIMARY KEY (room, user),
    CHECK (read <= delivered)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    origin       TEXT    NOT NULL CHECK (origin IN ('account', 'guest', 'external')),
    username     TEXT    UNIQUE,
    display_name TEXT    NOT NULL,
    display_key  TEXT    NOT NULL, -- the display name in lower case
    avatar_url   TEXT,
    status_text  TEXT,
    privacy      TEXT    NOT NULL, -- JSON
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX users_listed ON users (ifnull(username, ''), id) WHERE origin <> 'guest';

CREATE TABLE passwords (
    user BLOB NOT NULL PRIMARY KEY REFERENCES users (id),
    hash TEXT NOT NULL -- a PHC string
) STRICT, WITHOUT ROWID;

CREATE TABLE devices (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user         BLOB    NOT NULL REFERENCES users (id),
    name         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX devices_by_user ON devices (user);

-- Live sessions: one that ended is gone.
CREATE TABLE sessions (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user         BLOB    NOT NULL REFERENCES users (id),
    device       BLOB    NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    generation   INTEGER NOT NULL, -- of the refresh token that counts now
    rotated_at   INTEGER,          -- when that generation began, unless it is the first
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_user ON sessions (user);
CREATE INDEX sessions_by_device ON sessions (device);

CREATE TABLE api_keys (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    key_hash   BLOB    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    scopes     TEXT    NOT NULL, -- a JSON array
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE invitations (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    code_hash  BLOB    NOT NULL UNIQUE,
    room       BLOB    NOT NULL,
    created_by BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    uses_max   INTEGER,
    uses       INTEGER NOT NULL,
    revoked    INTEGER NOT NULL CHECK (revoked IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX invitations_by_room ON invitations (room, created_at);

CREATE TABLE saved_answers (
    owner        TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    request_hash BLOB    NOT NULL,
    status       INTEGER NOT NULL,
    body         BLOB    NOT NULL,
    at_ms        INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX saved_answers_by_age ON saved_answers (at_ms);

-- For people with a `sqlite3` shell.

CREATE VIEW readable_events AS
SELECT position, lower(hex(room)) AS room, seq, kind, lower(hex(sender)) AS sender,
       lower(hex(device)) AS device, lower(hex(client_id)) AS client_id,
       strftime('%Y-%m-%d %H:%M:%f', at_ms / 1000.0, 'unixepoch') AS at, body
FROM events;

CREATE VIEW readable_messages AS
SELECT lower(hex(timeline.room)) AS room, timeline.seq, lower(hex(timeline.sender)) AS sender,
       users.display_name AS sender_name,
       strftime('%Y-%m-%d %H:%M:%f', events.at_ms / 1000.0, 'unixepoch') AS at,
       CASE timeline.message WHEN 2 THEN NULL ELSE events.body ->> 'text' END AS text
FROM timeline
JOIN events ON events.position = timeline.position
LEFT JOIN users ON users.id = timeline.sender
WHERE timeline.message > 0;

CREATE VIEW readable_rooms AS
SELECT lower(hex(id)) AS id, kind, settings ->> 'name' AS name, members, head, version, archived, deleted,
       datetime(created_at / 1000, 'unixepoch') AS created_at,
       datetime(head_at / 1000, 'unixepoch') AS head_at
FROM rooms;

CREATE VIEW readable_memberships AS
SELECT lower(hex(memberships.room)) AS room, rooms.settings ->> 'name' AS room_name,
       lower(hex(memberships.user)) AS user, users.display_name AS user_name,
       memberships.role, memberships.joined_seq, memberships.visible_from, memberships.left_seq,
       memberships.banned_at IS NOT NULL AS banned,
       ifnull(receipts.delivered, 0) AS delivered, ifnull(receipts.read, 0) AS read, receipts.unread_from
FROM memberships
LEFT JOIN rooms ON rooms.id = memberships.room
LEFT JOIN users ON users.id = memberships.user
LEFT JOIN receipts ON receipts.room = memberships.room AND receipts.user = memberships.user;

CREATE VIEW readable_users AS
SELECT lower(hex(id)) AS id, origin, username, display_name, status_text,
       datetime(created_at / 1000, 'unixepoch') AS created_at,
       datetime(last_seen_at / 1000, 'unixepoch') AS last_seen_at
FROM users;

CREATE VIEW readable_sessions AS
SELECT lower(hex(sessions.id)) AS id, users.username, users.display_name, devices.name AS device,
       sessions.generation, datetime(sessions.last_used_at / 1000, 'unixepoch') AS last_used_at,
       datetime(sessions.expires_at / 1000, 'unixepoch') AS expires_at
FROM sessions
JOIN users ON users.id = sessions.user
JOIN devices ON devices.id = sessions.device;
