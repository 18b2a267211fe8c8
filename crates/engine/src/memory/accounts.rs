//! The port [`Accounts`] over maps.

use std::cmp::Reverse;

use async_trait::async_trait;
use tidings_domain::name::{DisplayName, Username};
use tidings_domain::user::{User, UserOrigin};
use tidings_domain::{ApiKeyId, DeviceId, SessionId, Timestamp, UserId};

use super::{LiveSession, Memory, State};
use crate::ports::{
    Accounts, ApiKey, Device, NewAccount, NewSession, OpenedSession, Outage, Refresh, Rotation,
    Session, SignUp, UserChange,
};

#[async_trait]
impl Accounts for Memory {
    async fn secret(&self) -> Result<[u8; 32], Outage> {
        Ok(self.state.lock().secret)
    }

    async fn sign_up(&self, account: NewAccount) -> Result<SignUp, Outage> {
        let mut state = self.state.lock();
        let username = account.user.username.as_ref();
        if let Some(holder) = username.and_then(|name| state.holder(name)) {
            return Ok(SignUp::UsernameTaken(holder.id));
        }
        let id = account.user.id;
        state.users.insert(id, account.user);
        state.passwords.insert(id, account.password_hash);
        Ok(SignUp::Made)
    }

    async fn provision(&self, user: User, refresh: Refresh) -> Result<User, Outage> {
        let mut state = self.state.lock();
        let offered = user.username.clone();
        let username = offered.filter(|name| state.holder(name).is_none_or(|it| it.id == user.id));
        let Some(stored) = state.users.get_mut(&user.id) else {
            let made = User { username, ..user };
            state.users.insert(made.id, made.clone());
            return Ok(made);
        };
        if refresh == Refresh::Names {
            stored.display_name = user.display_name;
            stored.avatar_url = user.avatar_url.or(stored.avatar_url.take());
            stored.username = username.or(stored.username.take());
        }
        Ok(stored.clone())
    }

    async fn user(&self, user: UserId) -> Result<Option<User>, Outage> {
        Ok(self.state.lock().users.get(&user).cloned())
    }

    async fn users(&self, users: &[UserId]) -> Result<Vec<User>, Outage> {
        let state = self.state.lock();
        let found = users.iter().filter_map(|user| state.users.get(user));
        Ok(found.cloned().collect())
    }

    async fn search(
        &self,
        query: &str,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<User>, Outage> {
        let state = self.state.lock();
        let query = query.to_lowercase();
        let start = match after.map(|after| state.users.get(&after)) {
            None => None,
            Some(None) => return Ok(Vec::new()),
            Some(Some(user)) => Some(list_key(user)),
        };
        let mut users: Vec<_> = state
            .users
            .values()
            .filter(|it| matches(it, &query))
            .collect();
        users.sort_by_key(|user| list_key(user));
        let page = users.into_iter();
        let page = page.filter(|user| start.is_none_or(|start| list_key(user) > start));
        Ok(page.take(limit).cloned().collect())
    }

    async fn change(&self, user: UserId, change: UserChange) -> Result<Option<User>, Outage> {
        let mut state = self.state.lock();
        let Some(stored) = state.users.get_mut(&user) else {
            return Ok(None);
        };
        if let Some(name) = change.display_name {
            stored.display_name = name;
        }
        if let Some(url) = change.avatar_url {
            stored.avatar_url = url;
        }
        if let Some(text) = change.status_text {
            stored.status_text = text;
        }
        if let Some(privacy) = change.privacy {
            stored.privacy = privacy;
        }
        Ok(Some(stored.clone()))
    }

    async fn credentials(&self, username: &Username) -> Result<Option<(User, String)>, Outage> {
        let state = self.state.lock();
        let user = state.holder(username);
        Ok(user.and_then(|user| Some((user.clone(), state.passwords.get(&user.id)?.clone()))))
    }

    async fn password_hash(&self, user: UserId) -> Result<Option<String>, Outage> {
        Ok(self.state.lock().passwords.get(&user).cloned())
    }

    async fn set_password_hash(&self, user: UserId, hash: String) -> Result<(), Outage> {
        let mut state = self.state.lock();
        if state.users.contains_key(&user) {
            state.passwords.insert(user, hash);
        }
        Ok(())
    }

    async fn open_session(
        &self,
        session: NewSession,
        devices_max: usize,
    ) -> Result<OpenedSession, Outage> {
        Ok(self.state.lock().open_session(session, devices_max))
    }

    async fn session(&self, session: SessionId) -> Result<Option<Session>, Outage> {
        let state = self.state.lock();
        let live = state.sessions.get(&session);
        Ok(live.map(|live| state.shown_session(live)))
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, Outage> {
        let state = self.state.lock();
        let live = state
            .sessions
            .values()
            .map(|live| state.shown_session(live));
        let mut live: Vec<_> = live.filter(|session| session.user == user).collect();
        live.sort_by_key(|session| Reverse((session.last_used_at, session.id)));
        Ok(live)
    }

    async fn rotate(
        &self,
        session: SessionId,
        generation: u64,
        now: Timestamp,
        expires_at: Timestamp,
        grace_ms: i64,
    ) -> Result<Rotation, Outage> {
        let mut state = self.state.lock();
        let Some(live) = state.sessions.get_mut(&session) else {
            return Ok(Rotation::Gone);
        };
        if live.session.expires_at <= now {
            state.sessions.remove(&session);
            return Ok(Rotation::Gone);
        }
        if generation > live.generation {
            return Ok(Rotation::Gone);
        }
        if generation == live.generation {
            live.turn_over(now, expires_at);
            let device = live.session.device;
            state.use_device(device, now);
        } else if generation + 1 < live.generation || !live.in_grace(now, grace_ms) {
            state.sessions.remove(&session);
            return Ok(Rotation::Reused);
        }
        let live = &state.sessions[&session];
        Ok(Rotation::Current {
            session: state.shown_session(live),
            generation: live.generation,
        })
    }

    async fn end_session(&self, user: UserId, session: SessionId) -> Result<bool, Outage> {
        let mut state = self.state.lock();
        let live = state.sessions.get(&session);
        let is_theirs = live.is_some_and(|live| live.session.user == user);
        Ok(is_theirs && state.sessions.remove(&session).is_some())
    }

    async fn end_sessions(
        &self,
        user: UserId,
        keep: Option<SessionId>,
    ) -> Result<Vec<SessionId>, Outage> {
        let mut state = self.state.lock();
        Ok(state.end(|it| it.user == user && Some(it.id) != keep))
    }

    async fn devices(&self, user: UserId) -> Result<Vec<Device>, Outage> {
        Ok(self.state.lock().devices_of(user))
    }

    async fn rename_device(
        &self,
        user: UserId,
        device: DeviceId,
        name: DisplayName,
    ) -> Result<Option<Device>, Outage> {
        let mut state = self.state.lock();
        let found = state.devices.get_mut(&device);
        let theirs = found.filter(|(owner, _)| *owner == user);
        Ok(theirs.map(|(_, device)| {
            device.name = name;
            device.clone()
        }))
    }

    async fn remove_device(
        &self,
        user: UserId,
        device: DeviceId,
    ) -> Result<Option<Vec<SessionId>>, Outage> {
        let mut state = self.state.lock();
        let owner = state.devices.get(&device).map(|(owner, _)| *owner);
        Ok((owner == Some(user)).then(|| state.remove_device(device)))
    }

    async fn create_api_key(&self, key: ApiKey, key_hash: [u8; 32]) -> Result<(), Outage> {
        self.state.lock().api_keys.insert(key_hash, key);
        Ok(())
    }

    async fn api_key(&self, key_hash: [u8; 32]) -> Result<Option<ApiKey>, Outage> {
        Ok(self.state.lock().api_keys.get(&key_hash).cloned())
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>, Outage> {
        let mut keys: Vec<_> = self.state.lock().api_keys.values().cloned().collect();
        keys.sort_by_key(|key| (key.created_at, key.id));
        Ok(keys)
    }

    async fn revoke_api_key(&self, key: ApiKeyId) -> Result<bool, Outage> {
        let mut state = self.state.lock();
        let before = state.api_keys.len();
        state.api_keys.retain(|_, kept| kept.id != key);
        Ok(state.api_keys.len() < before)
    }
}

/// By what users are sorted; who has no username comes first.
fn list_key(user: &User) -> (&str, UserId) {
    (user.username.as_ref().map_or("", Username::as_str), user.id)
}

fn matches(user: &User, query: &str) -> bool {
    let name = user.display_name.as_str().to_lowercase();
    let is_found = list_key(user).0.starts_with(query) || name.contains(query);
    user.origin != UserOrigin::Guest && is_found
}

impl LiveSession {
    fn turn_over(&mut self, now: Timestamp, expires_at: Timestamp) {
        self.generation += 1;
        self.rotated_at = Some(now);
        self.session.last_used_at = now;
        self.session.expires_at = expires_at;
    }

    fn in_grace(&self, now: Timestamp, grace_ms: i64) -> bool {
        self.rotated_at
            .is_some_and(|at| now <= at.plus_millis(grace_ms))
    }
}

impl State {
    fn holder(&self, username: &Username) -> Option<&User> {
        let mut users = self.users.values();
        users.find(|user| user.username.as_ref() == Some(username))
    }

    fn open_session(&mut self, new: NewSession, devices_max: usize) -> OpenedSession {
        let owner = self.devices.get(&new.device).map(|(owner, _)| *owner);
        if owner.is_some_and(|owner| owner != new.user) {
            return OpenedSession::ForeignDevice;
        }
        self.end(|it| it.user == new.user && it.expires_at <= new.created_at);
        let fresh = Device {
            id: new.device,
            name: new.device_name.clone(),
            created_at: new.created_at,
            last_used_at: new.created_at,
        };
        let device = self.devices.entry(new.device);
        let (_, device) = device.or_insert((new.user, fresh));
        device.name = new.device_name.clone();
        self.use_device(new.device, new.created_at);
        let (user, device) = (new.user, new.device);
        self.sessions.insert(new.id, LiveSession::new(new));
        OpenedSession::Opened(self.evict_devices(user, device, devices_max))
    }

    /// Takes away the devices that are one too many, never the one just used.
    fn evict_devices(
        &mut self,
        user: UserId,
        used: DeviceId,
        devices_max: usize,
    ) -> Vec<SessionId> {
        let devices = self.devices_of(user).into_iter();
        let others: Vec<_> = devices.filter(|device| device.id != used).collect();
        let evicted = others.iter().skip(devices_max.saturating_sub(1));
        evicted
            .flat_map(|device| self.remove_device(device.id))
            .collect()
    }

    fn use_device(&mut self, device: DeviceId, now: Timestamp) {
        if let Some((_, device)) = self.devices.get_mut(&device) {
            device.last_used_at = device.last_used_at.max(now);
        }
    }

    fn devices_of(&self, user: UserId) -> Vec<Device> {
        let devices = self.devices.values();
        let theirs = devices.filter(|(owner, _)| *owner == user);
        let mut theirs: Vec<_> = theirs.map(|(_, device)| device.clone()).collect();
        theirs.sort_by_key(|device| Reverse((device.last_used_at, device.id)));
        theirs
    }

    fn remove_device(&mut self, device: DeviceId) -> Vec<SessionId> {
        self.devices.remove(&device);
        self.end(|session| session.device == device)
    }

    fn end(&mut self, ends: impl Fn(&Session) -> bool) -> Vec<SessionId> {
        let sessions = self.sessions.values().map(|live| &live.session);
        let ended: Vec<_> = sessions.filter(|it| ends(it)).map(|it| it.id).collect();
        self.sessions.retain(|id, _| !ended.contains(id));
        ended
    }

    /// A session under the present name of its device.
    fn shown_session(&self, live: &LiveSession) -> Session {
        let mut shown = live.session.clone();
        if let Some((_, device)) = self.devices.get(&shown.device) {
            shown.device_name = device.name.clone();
        }
        shown
    }
}

impl LiveSession {
    fn new(new: NewSession) -> Self {
        Self {
            session: Session {
                id: new.id,
                user: new.user,
                device: new.device,
                device_name: new.device_name,
                created_at: new.created_at,
                last_used_at: new.created_at,
                expires_at: new.expires_at,
            },
            generation: 1,
            rotated_at: None,
        }
    }
}
