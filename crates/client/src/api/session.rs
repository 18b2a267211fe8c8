//! One login: its tokens, kept fresh, and what is asked for with them.

use std::sync::Arc;

use tidings_domain::{RoomId, Seq, UserId};
use tidings_protocol::ErrorCode;
use tidings_protocol::rest::account::SignUp;
use tidings_protocol::rest::back_end::OpenSession;
use tidings_protocol::rest::message::{Events, Page, SendMessage, Sent};
use tidings_protocol::rest::person::Profile;
use tidings_protocol::rest::room::{CreateRoom, Room, Rooms};
use tidings_protocol::rest::session::{RefreshSession, Session as Body, SignIn};
use tokio::sync::Mutex;

use super::{Api, ApiError, Request};
use crate::clock::Clock;

/// A token with less than this left is renewed before it is used.
const SPARE_MS: u64 = 30_000;
/// A token is taken to live this long at least, however far the two clocks lie apart: the server
/// says when it does not.
const SHORTEST_MS: u64 = 60_000;

/// A login at a server.
pub struct Session {
    api: Api,
    clock: Arc<dyn Clock>,
    user: Profile,
    tokens: Mutex<Tokens>,
}

struct Tokens {
    access: String,
    expires_at_ms: u64,
    refresh: String,
}

/// A token that works, and for how long.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// For `Authorization: Bearer` and `hello`.
    pub token: String,
    /// Milliseconds.
    pub valid_for_ms: u64,
}

impl Session {
    /// Makes an account and signs it in. With the same key and password, a repetition signs in.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn sign_up(
        api: &Api,
        clock: Arc<dyn Clock>,
        account: &SignUp,
        idempotency_key: &str,
    ) -> Result<Self, ApiError> {
        let request = Request::post("/v1/accounts")
            .json(account)
            .idempotency_key(idempotency_key);
        Ok(Self::new(api, clock, api.call(request).await?))
    }

    /// Signs in with a password.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn sign_in(api: &Api, clock: Arc<dyn Clock>, who: &SignIn) -> Result<Self, ApiError> {
        let request = Request::post("/v1/sessions").json(who);
        Ok(Self::new(api, clock, api.call(request).await?))
    }

    /// Opens a session for a user, as a back end with an API key may.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn open_for(
        api: &Api,
        clock: Arc<dyn Clock>,
        api_key: &str,
        user: UserId,
    ) -> Result<Self, ApiError> {
        let request = Request::post(format!("/v1/users/{user}/sessions"))
            .bearer(api_key)
            .json(&OpenSession::default());
        Ok(Self::new(api, clock, api.call(request).await?))
    }

    fn new(api: &Api, clock: Arc<dyn Clock>, body: Body) -> Self {
        let user = body.user.clone();
        let tokens = Mutex::new(Tokens::new(clock.as_ref(), body));
        Self {
            api: api.clone(),
            clock,
            user,
            tokens,
        }
    }

    /// Who is signed in.
    #[must_use]
    pub const fn user(&self) -> &Profile {
        &self.user
    }

    /// The interface that it was opened at.
    #[must_use]
    pub const fn api(&self) -> &Api {
        &self.api
    }

    /// The clock that it goes by.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// A token that works; a new one if the present one is nearly over.
    ///
    /// # Errors
    /// [`ApiError`], for good when the session has ended.
    pub async fn access_token(&self) -> Result<AccessToken, ApiError> {
        let mut tokens = self.tokens.lock().await;
        let left_ms = tokens
            .expires_at_ms
            .saturating_sub(self.clock.monotonic_ms());
        if left_ms < SPARE_MS {
            self.refresh(&mut tokens).await?;
        }
        Ok(self.granted(&tokens))
    }

    /// A token that is newer than this one.
    ///
    /// # Errors
    /// [`ApiError`], for good when the session has ended.
    pub async fn newer_token(&self, than: &str) -> Result<AccessToken, ApiError> {
        let mut tokens = self.tokens.lock().await;
        if tokens.access == than {
            self.refresh(&mut tokens).await?;
        }
        Ok(self.granted(&tokens))
    }

    fn granted(&self, tokens: &Tokens) -> AccessToken {
        AccessToken {
            token: tokens.access.clone(),
            valid_for_ms: tokens
                .expires_at_ms
                .saturating_sub(self.clock.monotonic_ms()),
        }
    }

    async fn refresh(&self, tokens: &mut Tokens) -> Result<(), ApiError> {
        let body = RefreshSession {
            refresh_token: tokens.refresh.clone(),
        };
        let request = Request::post("/v1/sessions/refresh").json(&body);
        *tokens = Tokens::new(self.clock.as_ref(), self.api.call(request).await?);
        Ok(())
    }

    /// Sends a request in this session's name; once more with a new token if the old one is over.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn call<T: serde::de::DeserializeOwned>(
        &self,
        request: impl Fn() -> Request,
    ) -> Result<T, ApiError> {
        let token = self.access_token().await?.token;
        match self.api.call(request().bearer(&token)).await {
            Err(error) if error.code() == Some(ErrorCode::TokenExpired) => {
                let newer = self.newer_token(&token).await?.token;
                self.api.call(request().bearer(newer)).await
            }
            answer => answer,
        }
    }

    /// All of one's rooms, the first page.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn rooms(&self) -> Result<Rooms, ApiError> {
        self.call(|| Request::get("/v1/rooms")).await
    }

    /// One room.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn room(&self, room: RoomId) -> Result<Room, ApiError> {
        self.call(|| Request::get(format!("/v1/rooms/{room}")))
            .await
    }

    /// Makes a room; with the same key, a repetition makes no second one.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn create_room(
        &self,
        room: &CreateRoom,
        idempotency_key: &str,
    ) -> Result<Room, ApiError> {
        let request = || {
            Request::post("/v1/rooms")
                .json(room)
                .idempotency_key(idempotency_key)
        };
        self.call(request).await
    }

    /// Joins a channel or live room; joining again changes nothing.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn join(&self, room: RoomId) -> Result<Room, ApiError> {
        self.call(|| Request::post(format!("/v1/rooms/{room}/join")))
            .await
    }

    /// Says something, by the way that does without a socket.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn send_message(
        &self,
        room: RoomId,
        message: &SendMessage,
    ) -> Result<Sent, ApiError> {
        let request = || Request::post(format!("/v1/rooms/{room}/messages")).json(message);
        self.call(request).await
    }

    /// The messages after a seq, at most 200.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn messages_after(&self, room: RoomId, after: Seq) -> Result<Page, ApiError> {
        let path = format!("/v1/rooms/{room}/messages?after={after}&limit=200");
        self.call(|| Request::get(&*path)).await
    }

    /// The events after a seq, at most 200.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn events_after(&self, room: RoomId, after: Seq) -> Result<Events, ApiError> {
        let path = format!("/v1/rooms/{room}/events?after={after}&limit=200");
        self.call(|| Request::get(&*path)).await
    }
}

impl Tokens {
    fn new(clock: &dyn Clock, body: Body) -> Self {
        let expires_at_ms = u64::try_from(body.access_expires_at_ms.millis()).unwrap_or(0);
        let lives_ms = expires_at_ms
            .saturating_sub(clock.unix_ms())
            .max(SHORTEST_MS);
        Self {
            access: body.access_token,
            expires_at_ms: clock.monotonic_ms().saturating_add(lives_ms),
            refresh: body.refresh_token,
        }
    }
}
