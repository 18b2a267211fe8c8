//! The port [`Accounts`]: users, sessions, devices, API keys.

mod keys;
mod sessions;
mod users;

use async_trait::async_trait;
use tidings_domain::name::{DisplayName, Username};
use tidings_domain::user::User;
use tidings_domain::{ApiKeyId, DeviceId, SessionId, Timestamp, UserId};
use tidings_engine::ports::{
    Accounts, ApiKey, Device, NewAccount, NewSession, OpenedSession, Outage, Refresh, Rotation,
    Session, SignUp, UserChange,
};

use self::sessions::Turn;
use crate::store::SqliteStore;

type Answer<T> = Result<T, Outage>;

#[async_trait]
impl Accounts for SqliteStore {
    async fn secret(&self) -> Answer<[u8; 32]> {
        Ok(self.meta().secret)
    }

    async fn sign_up(&self, account: NewAccount) -> Answer<SignUp> {
        self.write("sign up", move |desk| users::sign_up(&desk.conn, &account))
            .await
    }

    async fn provision(&self, user: User, refresh: Refresh) -> Answer<User> {
        self.write("provision a user", move |desk| {
            users::provision(&desk.conn, &user, refresh)
        })
        .await
    }

    async fn user(&self, user: UserId) -> Answer<Option<User>> {
        self.read("find a user", move |reader| users::find(&reader.conn, user))
            .await
    }

    async fn users(&self, users: &[UserId]) -> Answer<Vec<User>> {
        let users = users.to_vec();
        self.read("find users", move |reader| {
            users::find_all(&reader.conn, &users)
        })
        .await
    }

    async fn search(&self, query: &str, after: Option<UserId>, limit: usize) -> Answer<Vec<User>> {
        let query = query.to_lowercase();
        self.read("search users", move |reader| {
            users::search(&reader.conn, &query, after, limit)
        })
        .await
    }

    async fn change(&self, user: UserId, change: UserChange) -> Answer<Option<User>> {
        self.write("change a user", move |desk| {
            users::change(&desk.conn, user, &change)
        })
        .await
    }

    async fn credentials(&self, username: &Username) -> Answer<Option<(User, String)>> {
        let username = username.clone();
        self.read("find credentials", move |reader| {
            users::credentials(&reader.conn, &username)
        })
        .await
    }

    async fn password_hash(&self, user: UserId) -> Answer<Option<String>> {
        self.read("find a password", move |reader| {
            users::password(&reader.conn, user)
        })
        .await
    }

    async fn set_password_hash(&self, user: UserId, hash: String) -> Answer<()> {
        self.write("set a password", move |desk| {
            users::set_password(&desk.conn, user, &hash)
        })
        .await
    }

    async fn open_session(&self, session: NewSession, devices_max: usize) -> Answer<OpenedSession> {
        self.write("open a session", move |desk| {
            sessions::open(&desk.conn, &session, devices_max)
        })
        .await
    }

    async fn session(&self, session: SessionId) -> Answer<Option<Session>> {
        self.read("find a session", move |reader| {
            sessions::find(&reader.conn, session)
        })
        .await
    }

    async fn sessions(&self, user: UserId) -> Answer<Vec<Session>> {
        self.read("list sessions", move |reader| {
            sessions::of_user(&reader.conn, user)
        })
        .await
    }

    async fn rotate(
        &self,
        session: SessionId,
        generation: u64,
        now: Timestamp,
        expires_at: Timestamp,
        grace_ms: i64,
    ) -> Answer<Rotation> {
        let turn = Turn {
            session,
            generation,
            now,
            expires_at,
            grace_ms,
        };
        self.write("turn a refresh token over", move |desk| {
            sessions::rotate(&desk.conn, &turn)
        })
        .await
    }

    async fn end_session(&self, user: UserId, session: SessionId) -> Answer<bool> {
        self.write("end a session", move |desk| {
            sessions::end(&desk.conn, user, session)
        })
        .await
    }

    async fn end_sessions(&self, user: UserId, keep: Option<SessionId>) -> Answer<Vec<SessionId>> {
        self.write("end sessions", move |desk| {
            sessions::end_all(&desk.conn, user, keep)
        })
        .await
    }

    async fn devices(&self, user: UserId) -> Answer<Vec<Device>> {
        self.read("list devices", move |reader| {
            sessions::devices(&reader.conn, user)
        })
        .await
    }

    async fn rename_device(
        &self,
        user: UserId,
        device: DeviceId,
        name: DisplayName,
    ) -> Answer<Option<Device>> {
        self.write("rename a device", move |desk| {
            sessions::rename_device(&desk.conn, user, device, &name)
        })
        .await
    }

    async fn remove_device(
        &self,
        user: UserId,
        device: DeviceId,
    ) -> Answer<Option<Vec<SessionId>>> {
        self.write("remove a device", move |desk| {
            sessions::remove_device(&desk.conn, user, device)
        })
        .await
    }

    async fn create_api_key(&self, key: ApiKey, key_hash: [u8; 32]) -> Answer<()> {
        self.write("keep an API key", move |desk| {
            keys::create(&desk.conn, &key, &key_hash)
        })
        .await
    }

    async fn api_key(&self, key_hash: [u8; 32]) -> Answer<Option<ApiKey>> {
        self.read("find an API key", move |reader| {
            keys::find(&reader.conn, &key_hash)
        })
        .await
    }

    async fn api_keys(&self) -> Answer<Vec<ApiKey>> {
        self.read("list API keys", move |reader| keys::all(&reader.conn))
            .await
    }

    async fn revoke_api_key(&self, key: ApiKeyId) -> Answer<bool> {
        self.write("revoke an API key", move |desk| {
            keys::revoke(&desk.conn, key)
        })
        .await
    }
}
