//! A room in which two people go on talking, whatever a third one does beside them.

use tidings_server::config::Config;

use crate::socket::Socket;
use crate::world::{Person, World};

/// Ana and Bob in their room, by open sockets; and Eve, who is in the room, too.
pub(crate) struct Hall {
    pub(crate) world: World,
    pub(crate) ana: Person,
    pub(crate) bob: Person,
    pub(crate) eve: Person,
    pub(crate) room: String,
    ana_says: Socket,
    bob_hears: Socket,
    /// What was acknowledged, by seq.
    said: Vec<(u64, String)>,
}

impl Hall {
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    pub(crate) async fn open_with(adjust: impl FnOnce(&mut Config)) -> Self {
        let world = World::start_with(adjust).await;
        let [ana, bob, eve] = world.people(["ana", "bob", "eve"]).await;
        let room = ana.room("group", "Bread", &[&bob, &eve]).await;
        let ana_says = Socket::open(&world, &ana).await;
        let bob_hears = Socket::open(&world, &bob).await;
        let mut hall = Self {
            world,
            ana,
            bob,
            eve,
            room,
            ana_says,
            bob_hears,
            said: Vec::new(),
        };
        hall.goes_on().await;
        hall
    }

    /// Takes note of what was said and acknowledged by another way.
    pub(crate) fn note(&mut self, seq: u64, text: &str) {
        self.said.push((seq, text.to_owned()));
    }

    /// Ana is heard by Bob, nothing is missing between what he hears, and the history holds what
    /// was acknowledged and nothing else.
    pub(crate) async fn goes_on(&mut self) {
        let text = format!("word {}", self.said.len());
        let client_id = tidings_server::random::id().to_string();
        let ack = self.ana_says.send(&self.room, &client_id, &text).await;
        let seq = ack["seq"].as_u64().unwrap_or_else(|| panic!("{ack:#}"));
        self.note(seq, &text);
        loop {
            let event = self.bob_hears.event().await;
            if event["seq"] == seq {
                assert_eq!(event["body"]["text"], text);
                break;
            }
        }
        self.is_whole().await;
    }

    async fn is_whole(&self) {
        let path = format!("/v1/rooms/{}/messages?limit=200", self.room);
        let page = self.bob.get(&path).await.ok(200);
        let there = page["messages"].as_array().unwrap().iter();
        let there: Vec<(u64, String)> = there
            .map(|message| {
                let text = message["text"].as_str().unwrap().to_owned();
                (message["seq"].as_u64().unwrap(), text)
            })
            .collect();
        assert_eq!(there, self.said);
    }
}
