//! Users, sessions, devices and API keys.

use async_trait::async_trait;
use tidings_domain::name::{DisplayName, Username};
use tidings_domain::user::{Privacy, User};
use tidings_domain::{ApiKeyId, DeviceId, SessionId, Timestamp, UserId};

use super::Outage;

/// Keeps who exists and who is signed in. No secret is stored but password hashes and the hashes
/// of API keys: tokens are signed with the store's own secret.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Thirty-two random bytes, made when the store was made; tokens are signed with them.
    async fn secret(&self) -> Result<[u8; 32], Outage>;

    /// Makes an account with a password.
    async fn sign_up(&self, account: NewAccount) -> Result<SignUp, Outage>;

    /// Makes the user unless one with this id exists; answers the user as stored, and updates the
    /// names and picture of one that exists if `refresh` says so and they differ. A username that
    /// another user has is left out; a username or picture that is not given stays as it is.
    async fn provision(&self, user: User, refresh: Refresh) -> Result<User, Outage>;

    /// One user.
    async fn user(&self, user: UserId) -> Result<Option<User>, Outage>;

    /// Those of the users that exist, in any order.
    async fn users(&self, users: &[UserId]) -> Result<Vec<User>, Outage>;

    /// Users whose username begins with, or whose display name contains, `query` without regard to
    /// case, by username and id (who has no username comes first), after the user `after`. Guests
    /// are left out. Nothing is after a user that never was.
    async fn search(
        &self,
        query: &str,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<User>, Outage>;

    /// Changes a user; `None` when there is none.
    async fn change(&self, user: UserId, change: UserChange) -> Result<Option<User>, Outage>;

    /// An account and its password hash (PHC string).
    async fn credentials(&self, username: &Username) -> Result<Option<(User, String)>, Outage>;

    /// The password hash of an account.
    async fn password_hash(&self, user: UserId) -> Result<Option<String>, Outage>;

    /// Sets the password hash of an account.
    async fn set_password_hash(&self, user: UserId, hash: String) -> Result<(), Outage>;

    /// Opens a session at generation 1. Its device is made, or reused and renamed when it exists
    /// and is the user's own. When the user then has more than `devices_max` devices, those unused
    /// for longest go, never the one just used, and their sessions with them. The user's sessions
    /// that have expired are forgotten.
    async fn open_session(
        &self,
        session: NewSession,
        devices_max: usize,
    ) -> Result<OpenedSession, Outage>;

    /// A live session, with its user's id; `None` if it ended.
    async fn session(&self, session: SessionId) -> Result<Option<Session>, Outage>;

    /// The live sessions of a user, the latest used first.
    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, Outage>;

    /// Turns a refresh token's generation over. Within `grace_ms` after a turn the generation
    /// before is answered with the present one again; any older one ends the session. One from the
    /// future, which only a restored store meets, is [`Rotation::Gone`] and ends nothing; so is an
    /// expired session, which is forgotten.
    async fn rotate(
        &self,
        session: SessionId,
        generation: u64,
        now: Timestamp,
        expires_at: Timestamp,
        grace_ms: i64,
    ) -> Result<Rotation, Outage>;

    /// Ends a session of a user; whether it was live.
    async fn end_session(&self, user: UserId, session: SessionId) -> Result<bool, Outage>;

    /// Ends all sessions of a user but `keep`; which ones.
    async fn end_sessions(
        &self,
        user: UserId,
        keep: Option<SessionId>,
    ) -> Result<Vec<SessionId>, Outage>;

    /// The devices of a user, the latest used first.
    async fn devices(&self, user: UserId) -> Result<Vec<Device>, Outage>;

    /// Renames a device of a user; `None` when it is not theirs.
    async fn rename_device(
        &self,
        user: UserId,
        device: DeviceId,
        name: DisplayName,
    ) -> Result<Option<Device>, Outage>;

    /// Removes a device of a user and ends its sessions: which ones; `None` when it is not theirs.
    async fn remove_device(
        &self,
        user: UserId,
        device: DeviceId,
    ) -> Result<Option<Vec<SessionId>>, Outage>;

    /// Keeps an API key.
    async fn create_api_key(&self, key: ApiKey, key_hash: [u8; 32]) -> Result<(), Outage>;

    /// The live key behind a hash.
    async fn api_key(&self, key_hash: [u8; 32]) -> Result<Option<ApiKey>, Outage>;

    /// All live keys.
    async fn api_keys(&self) -> Result<Vec<ApiKey>, Outage>;

    /// Ends a key; whether it was live.
    async fn revoke_api_key(&self, key: ApiKeyId) -> Result<bool, Outage>;
}

/// Whether provisioning brings an existing user's names up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// Leaves an existing user alone.
    Keep,
    /// Takes over display name, username and picture.
    Names,
}

/// An account to make.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The user; has a username.
    pub user: User,
    /// The password's hash, as a PHC string.
    pub password_hash: String,
}

/// What became of a sign-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignUp {
    /// The account exists now.
    Made,
    /// Somebody has this username; perhaps this very user, by an earlier try.
    UsernameTaken(UserId),
}

/// A change of a user; what is `None` stays, what is `Some(None)` is cleared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    /// How they are shown.
    pub display_name: Option<DisplayName>,
    /// Their picture.
    pub avatar_url: Option<Option<String>>,
    /// What they say of themselves.
    pub status_text: Option<Option<String>>,
    /// What they let others see.
    pub privacy: Option<Privacy>,
}

/// A session to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// On which device.
    pub device: DeviceId,
    /// What the device is called, if it is new or was renamed.
    pub device_name: DisplayName,
    /// When.
    pub created_at: Timestamp,
    /// Until when it can be refreshed.
    pub expires_at: Timestamp,
}

/// What became of opening a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenedSession {
    /// It is open; these others ended, because their devices were one too many.
    Opened(Vec<SessionId>),
    /// The device is another user's.
    ForeignDevice,
}

/// A live session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// On which device.
    pub device: DeviceId,
    /// What the device is called.
    pub device_name: DisplayName,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last refreshed.
    pub last_used_at: Timestamp,
    /// Until when it can be refreshed.
    pub expires_at: Timestamp,
}

/// What became of turning a refresh token over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// The session goes on under this generation.
    Current {
        /// The session.
        session: Session,
        /// The generation of the token that now counts.
        generation: u64,
    },
    /// The token was used before: the session has ended.
    Reused,
    /// There is no such live session.
    Gone,
}

/// One installed client of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// What it is called.
    pub name: DisplayName,
    /// Since when it is known.
    pub created_at: Timestamp,
    /// When a session of it was last used.
    pub last_used_at: Timestamp,
}

/// A back end's key, without the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is for, in its maker's words.
    pub name: String,
    /// What it may do; the words are the server's.
    pub scopes: Vec<String>,
    /// Since when.
    pub created_at: Timestamp,
}
