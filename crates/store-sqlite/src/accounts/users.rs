//! Users and their passwords.

use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};
use tidings_domain::name::{DisplayName, Username};
use tidings_domain::user::{User, UserOrigin};
use tidings_domain::{Timestamp, UserId};
use tidings_engine::ports::{NewAccount, Refresh, SignUp, UserChange};

use crate::columns::{Columns as _, limit as rows_max, sound, to_json};

const COLUMNS: &str = "id, origin, username, display_name, avatar_url, status_text, privacy, \
     created_at, last_seen_at";

/// How many columns those are.
const WIDTH: usize = 9;

/// Makes an account.
pub(super) fn sign_up(conn: &Connection, account: &NewAccount) -> Result<SignUp> {
    let username = account.user.username.as_ref();
    if let Some(holder) = username
        .map(|name| holder(conn, name))
        .transpose()?
        .flatten()
    {
        return Ok(SignUp::UsernameTaken(holder));
    }
    save(conn, &account.user)?;
    set_password(conn, account.user.id, &account.password_hash)?;
    Ok(SignUp::Made)
}

/// Makes a user, or brings one up to date.
pub(super) fn provision(conn: &Connection, user: &User, refresh: Refresh) -> Result<User> {
    let Some(mut stored) = find(conn, user.id)? else {
        let username = free(conn, user.username.as_ref(), user.id)?;
        let made = User {
            username,
            ..user.clone()
        };
        save(conn, &made)?;
        return Ok(made);
    };
    if refresh == Refresh::Keep {
        return Ok(stored);
    }
    let before = stored.clone();
    stored.display_name = user.display_name.clone();
    if user.avatar_url.is_some() {
        stored.avatar_url.clone_from(&user.avatar_url);
    }
    if let Some(username) = free(conn, user.username.as_ref(), user.id)? {
        stored.username = Some(username);
    }
    if stored != before {
        save(conn, &stored)?;
    }
    Ok(stored)
}

/// The username unless another user has it.
fn free(conn: &Connection, username: Option<&Username>, id: UserId) -> Result<Option<Username>> {
    let Some(username) = username else {
        return Ok(None);
    };
    let taken = holder(conn, username)?.is_some_and(|holder| holder != id);
    Ok((!taken).then(|| username.clone()))
}

fn holder(conn: &Connection, username: &Username) -> Result<Option<UserId>> {
    let sql = "SELECT id FROM users WHERE username = ?1";
    conn.prepare_cached(sql)?
        .query_row([username.as_str()], |row| row.id(0))
        .optional()
}

/// One user.
pub(super) fn find(conn: &Connection, id: UserId) -> Result<Option<User>> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE id = ?1");
    conn.prepare_cached(&sql)?
        .query_row([id.as_bytes()], user)
        .optional()
}

/// Those of the users that exist.
pub(super) fn find_all(conn: &Connection, ids: &[UserId]) -> Result<Vec<User>> {
    let found = ids.iter().filter_map(|id| find(conn, *id).transpose());
    found.collect()
}

/// A page of the users that match `query`, which is in lower case.
pub(super) fn search(
    conn: &Connection,
    query: &str,
    after: Option<UserId>,
    limit: usize,
) -> Result<Vec<User>> {
    let Some((username, id)) = list_place(conn, after)? else {
        return Ok(Vec::new());
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM users WHERE origin <> 'guest' \
         AND (substr(ifnull(username, ''), 1, length(?1)) = ?1 OR instr(display_key, ?1) > 0) \
         AND (ifnull(username, ''), id) > (?2, ?3) ORDER BY ifnull(username, ''), id LIMIT ?4"
    );
    let mut select = conn.prepare_cached(&sql)?;
    let rows = select.query_map(params![query, username, id, rows_max(limit)], user)?;
    sound(rows)
}

/// Where the page begins: behind a user's place in the list, which nothing is behind if the user
/// does not exist.
fn list_place(conn: &Connection, after: Option<UserId>) -> Result<Option<(String, Vec<u8>)>> {
    let Some(after) = after else {
        return Ok(Some((String::new(), Vec::new())));
    };
    let sql = "SELECT ifnull(username, ''), id FROM users WHERE id = ?1";
    conn.prepare_cached(sql)?
        .query_row([after.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Changes a user.
pub(super) fn change(conn: &Connection, id: UserId, change: &UserChange) -> Result<Option<User>> {
    let Some(mut user) = find(conn, id)? else {
        return Ok(None);
    };
    if let Some(name) = &change.display_name {
        user.display_name = name.clone();
    }
    if let Some(url) = &change.avatar_url {
        user.avatar_url.clone_from(url);
    }
    if let Some(text) = &change.status_text {
        user.status_text.clone_from(text);
    }
    if let Some(privacy) = change.privacy {
        user.privacy = privacy;
    }
    save(conn, &user)?;
    Ok(Some(user))
}

/// An account and its password hash.
pub(super) fn credentials(
    conn: &Connection,
    username: &Username,
) -> Result<Option<(User, String)>> {
    let sql = format!(
        "SELECT {COLUMNS}, hash FROM users JOIN passwords ON passwords.user = users.id \
         WHERE username = ?1"
    );
    conn.prepare_cached(&sql)?
        .query_row([username.as_str()], |row| Ok((user(row)?, row.get(WIDTH)?)))
        .optional()
}

/// The password hash of an account.
pub(super) fn password(conn: &Connection, id: UserId) -> Result<Option<String>> {
    let sql = "SELECT hash FROM passwords WHERE user = ?1";
    conn.prepare_cached(sql)?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()
}

/// Sets the password hash of a user that exists.
pub(super) fn set_password(conn: &Connection, id: UserId, hash: &str) -> Result<()> {
    let sql = "INSERT INTO passwords (user, hash) SELECT id, ?2 FROM users WHERE id = ?1 \
         ON CONFLICT (user) DO UPDATE SET hash = excluded.hash";
    conn.prepare_cached(sql)?
        .execute(params![id.as_bytes(), hash])?;
    Ok(())
}

fn save(conn: &Connection, user: &User) -> Result<()> {
    let sql = "INSERT INTO users (id, origin, username, display_name, display_key, avatar_url, \
         status_text, privacy, created_at, last_seen_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO UPDATE SET \
         username = excluded.username, display_name = excluded.display_name, \
         display_key = excluded.display_key, avatar_url = excluded.avatar_url, \
         status_text = excluded.status_text, privacy = excluded.privacy";
    conn.prepare_cached(sql)?.execute(params![
        user.id.as_bytes(),
        user.origin.as_str(),
        user.username.as_ref().map(Username::as_str),
        user.display_name.as_str(),
        user.display_name.as_str().to_lowercase(),
        user.avatar_url,
        user.status_text,
        to_json(&user.privacy),
        user.created_at.millis(),
        user.last_seen_at.map(Timestamp::millis),
    ])?;
    Ok(())
}

fn user(row: &Row<'_>) -> Result<User> {
    Ok(User {
        id: row.id(0)?,
        origin: row.parsed(1, UserOrigin::parse)?,
        username: row.parsed_if(2, |text| Username::parse(text).ok())?,
        display_name: row.parsed(3, |text| DisplayName::parse(text).ok())?,
        avatar_url: row.get(4)?,
        status_text: row.get(5)?,
        privacy: row.json(6)?,
        created_at: row.time(7)?,
        last_seen_at: row.time_if(8)?,
    })
}
