//! Requests and their answers, which the network may lose, delay and repeat.

use tidings_client::machine::{Again, Input};
use tidings_domain::{RoomId, UserId};
use tidings_engine::engine::Engine;
use tidings_history::Entry;
use tidings_history::line::{Call, Done, Failed, Receipt, What};

use super::World;
use super::queue::Event;
use crate::ids;
use crate::server::life::{Completed, Token};
use crate::server::requests::{Answered, Request, RequestId, Response, serve};

/// A client gives a request up after so long.
const TIMEOUT_MS: u64 = 10_000;
/// A load that failed is tried again after so long.
const LOAD_AGAIN_MS: u64 = 1_000;
/// A post of which nothing is known is tried so often.
const POST_TRIES: u32 = 3;

/// What a request is for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Purpose {
    /// A token for the machine.
    Token,
    /// To begin.
    Load,
    /// To begin anew while connected.
    Reload,
    /// Watermarks of a room.
    Receipts(RoomId),
    /// What the machine lacks.
    Fetch(RoomId),
    /// To say something.
    Post { tries: u32 },
    /// To change who is a member.
    Change,
}

/// A request under way.
pub(super) struct Asked {
    client: usize,
    life: u64,
    purpose: Purpose,
    request: Request,
    pub(super) call: Option<u64>,
    /// When, in milliseconds of the run.
    at_ms: u64,
    /// How many copies were not refused yet.
    copies: u64,
}

impl World {
    /// Asks something by a request.
    pub(super) fn ask(&mut self, client: usize, purpose: Purpose, request: Request) {
        self.ask_often(client, purpose, request, 1);
    }

    /// As [`Self::ask`], with so many copies arriving.
    pub(super) fn ask_often(
        &mut self,
        client: usize,
        purpose: Purpose,
        request: Request,
        copies: u64,
    ) {
        self.requests_made += 1;
        let id = self.requests_made;
        let call = what(&request).map(|what| {
            let app = &self.apps[client];
            self.record.invoke(&app.name, &app.user_name, "rest", what)
        });
        for _ in 0..copies {
            let at_ms = self.now_ms + self.delay_ms(client);
            if self.hindrances[client].unplugged_until_ms <= self.now_ms {
                self.queue.put(at_ms, Event::Request(id, request.clone()));
            }
        }
        self.queue.put(self.now_ms + TIMEOUT_MS, Event::Timeout(id));
        let life = self.apps[client].life;
        let asked = Asked {
            client,
            life,
            purpose,
            request,
            call,
            at_ms: self.now_ms,
            copies,
        };
        self.asked.insert(id, asked);
    }

    /// A request reaches the server.
    pub(super) fn arrived(&mut self, id: RequestId, request: Request) {
        let Some((asked, host)) = self.asked.get(&id).zip(self.host.as_ref()) else {
            return self.answered(Answered {
                id,
                response: Response::Unknown,
            });
        };
        let client = asked.client;
        let user = self.apps[client].user;
        if host.revoked.lock().contains(&client) {
            let response = Response::Refused("session_revoked");
            return self.answered(Answered { id, response });
        }
        if matches!(request, Request::Token) {
            let response = self.token(client, user, &host.engine);
            return self.answered(Answered { id, response });
        }
        let (engine, completed) = (host.engine.clone(), host.completed.clone());
        tokio::spawn(async move {
            let response = serve(&engine, client, user, request).await;
            completed.put(Completed::Request(Answered { id, response }));
        });
    }

    fn token(&self, client: usize, user: UserId, engine: &Engine) -> Response {
        let valid_for_ms = self.plan.server.token_ms;
        let lives = i64::try_from(valid_for_ms).expect("at most an hour");
        let now = engine.clock.now().millis();
        let token = Token {
            client,
            user,
            expires_at: tidings_domain::Timestamp(now + lives),
        };
        Response::Token(token.text(), valid_for_ms)
    }

    /// The server has answered: the answer is on its way, if the client has a line.
    pub(super) fn answered(&mut self, answered: Answered) {
        let Some(client) = self.asked.get(&answered.id).map(|asked| asked.client) else {
            return;
        };
        let at_ms = self.now_ms + self.delay_ms(client);
        if self.hindrances[client].unplugged_until_ms <= at_ms {
            let Answered { id, response } = answered;
            self.queue.put(at_ms, Event::Response(id, response));
        }
    }

    /// An answer reaches its client; nothing, when it has waited long enough.
    pub(super) fn responded(&mut self, id: RequestId, response: Response) {
        let Some(asked) = self.asked.get_mut(&id) else {
            return;
        };
        if matches!(response, Response::Refused(_)) && asked.copies > 1 {
            // Another copy may be carried out.
            asked.copies -= 1;
            return;
        }
        let Some(asked) = self.asked.remove(&id) else {
            return;
        };
        if let Some(call) = asked.call {
            self.note_outcome(call, &response);
        }
        if asked.life == self.apps[asked.client].life && self.apps[asked.client].is_running {
            self.take(asked, response);
        }
    }

    /// Nothing more is waited for.
    pub(super) fn settle_request(&mut self, id: RequestId, response: Response) {
        if let Some(asked) = self.asked.remove(&id)
            && asked.life == self.apps[asked.client].life
            && self.apps[asked.client].is_running
        {
            self.take(asked, response);
        }
    }

    fn note_outcome(&mut self, call: u64, response: &Response) {
        let done = |seq, duplicate, head| Done {
            call,
            seq,
            duplicate,
            head,
        };
        self.record.add(match response {
            Response::Sent(sent) => Entry::Ok(done(Some(sent.seq.0), sent.duplicate, None)),
            Response::Events(_, head) => Entry::Ok(done(None, false, Some(head.0))),
            Response::Refused(code) => Entry::Fail(Failed {
                call,
                code: (*code).into(),
            }),
            Response::Unknown => Entry::Unknown(Call { call }),
            _ => Entry::Ok(done(None, false, None)),
        });
    }

    fn take(&mut self, asked: Asked, response: Response) {
        let client = asked.client;
        match (asked.purpose, response) {
            (_, Response::Refused("session_revoked")) => {
                self.apps[client].has_stopped = true;
                self.hand_in(client, Input::AuthenticationFailed(Again::Never));
            }
            (Purpose::Token, response) => self.take_token(client, response),
            (Purpose::Load | Purpose::Reload, Response::Rooms(cursor, rooms)) => {
                self.load(client, cursor, &rooms);
            }
            (Purpose::Load | Purpose::Reload, _) => {
                let at_ms = self.now_ms + LOAD_AGAIN_MS;
                let life = self.apps[client].life;
                self.queue.put(at_ms, Event::LoadAgain { client, life });
            }
            (Purpose::Receipts(room), Response::Receipts(receipts)) => {
                for (of, marks) in receipts {
                    self.record.add(Entry::Receipt(Receipt {
                        client: self.apps[client].name.clone(),
                        conn: None,
                        asked_us: Some(asked.at_ms * 1_000),
                        room: ids::room_name(room),
                        of: ids::user_name(of),
                        delivered: marks.delivered.0,
                        read: marks.read.0,
                    }));
                }
            }
            (Purpose::Fetch(room), response) => self.take_fetched(client, room, response),
            (Purpose::Post { tries }, Response::Unknown) if tries < POST_TRIES => {
                let purpose = Purpose::Post { tries: tries + 1 };
                self.ask(client, purpose, asked.request);
            }
            _ => {}
        }
    }

    fn take_token(&mut self, client: usize, response: Response) {
        let input = match response {
            Response::Token(token, valid_for_ms) => Input::Authenticated {
                token,
                valid_for_ms,
            },
            _ => Input::AuthenticationFailed(Again::Later),
        };
        self.hand_in(client, input);
    }

    fn take_fetched(&mut self, client: usize, room: RoomId, response: Response) {
        self.apps[client].fetching.remove(&room);
        let input = match response {
            Response::Events(events, _) => Input::Fetched(room, events),
            Response::Refused(_) => Input::FetchFailed(room, Again::Never),
            _ => {
                // It is asked for again, so the room is not complete yet.
                self.apps[client].fetching.insert(room);
                Input::FetchFailed(room, Again::Later)
            }
        };
        self.hand_in(client, input);
    }

    /// The application has loaded its rooms.
    fn load(&mut self, client: usize, cursor: String, rooms: &[(RoomId, tidings_domain::Seq)]) {
        let is_new = self.apps[client].machine.is_none();
        if is_new {
            self.forget(client, None);
        }
        for (room, head) in rooms {
            self.hold(client, *room, *head);
            self.ask(client, Purpose::Receipts(*room), Request::Receipts(*room));
        }
        if is_new {
            self.begin(client, cursor);
        }
    }
}

/// A request as the history names it, if the rules are interested.
fn what(request: &Request) -> Option<What> {
    Some(match request {
        Request::Send {
            room,
            client_id,
            text,
        } => super::hearing::asks_to_send(*room, *client_id, text),
        Request::Events(room, after) => What::Fetch {
            room: ids::room_name(*room),
            after: after.0,
        },
        Request::Add(room, member) => What::Add {
            room: ids::room_name(*room),
            member: ids::user_name(*member),
        },
        Request::Remove(room, member) => What::Remove {
            room: ids::room_name(*room),
            member: ids::user_name(*member),
        },
        Request::Token | Request::Rooms | Request::Receipts(_) => return None,
    })
}
