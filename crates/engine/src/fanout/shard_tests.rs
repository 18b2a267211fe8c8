//! Transcripts of one shard: what goes in, and what each connection hears.

use std::sync::Arc;

use parking_lot::Mutex;
use tidings_domain::event::{LeaveReason, MemberJoined, MemberLeft};
use tidings_domain::receipt::Watermarks;
use tidings_domain::text::MessageText;
use tidings_domain::unread::Unread;
use tidings_domain::{
    Epoch, Event, EventBody, MessageBody, Position, Role, RoomId, Seq, Timestamp, UserId,
};

use super::shard::{CommitNews, Join, Shard};
use crate::envelope::{Envelope, Notice, NoticeContent, ShownReceipt};
use crate::outlet::{ConnectionId, Farewell, Offer, Outlet, Reply};

const ROOM: RoomId = RoomId::from_bytes([9; 16]);
const OTHER: RoomId = RoomId::from_bytes([8; 16]);
const ANA: UserId = UserId::from_bytes([1; 16]);
const BOB: UserId = UserId::from_bytes([2; 16]);

/// An outlet that writes down what it takes, up to a number of events.
struct Notebook {
    lines: Mutex<Vec<String>>,
    places: Mutex<usize>,
}

impl Notebook {
    fn with_places(places: usize) -> Arc<Self> {
        Arc::new(Self {
            lines: Mutex::default(),
            places: Mutex::new(places),
        })
    }

    fn read(&self) -> String {
        std::mem::take(&mut *self.lines.lock()).join(" ")
    }

    fn take(&self, line: String) -> Offer {
        let mut places = self.places.lock();
        if *places == 0 {
            return Offer::Full;
        }
        *places -= 1;
        self.lines.lock().push(line);
        Offer::Queued
    }
}

impl Outlet for Notebook {
    fn event(&self, envelope: &Arc<Envelope>) -> Offer {
        let event = &envelope.event;
        let room = if event.room == ROOM { "" } else { "other" };
        self.take(format!("{room}#{}", event.seq))
    }
    fn notice(&self, notice: &Arc<Notice>) -> Offer {
        let what = match &notice.content {
            NoticeContent::Typing { .. } => "typing",
            NoticeContent::Receipts { .. } => "receipts",
            _ => "notice",
        };
        self.take(what.to_owned())
    }
    fn reply(&self, reply: Reply) -> Offer {
        let line = match reply {
            Reply::Checkpoint { cursor, live } => format!("@{} live={live}", cursor.position),
            Reply::Behind => "behind".to_owned(),
            Reply::Hint { head, .. } => format!("hint:{head}"),
            Reply::OwnReceipt { marks, .. } => format!("own:{}", marks.is_some()),
            other => format!("{other:?}"),
        };
        self.lines.lock().push(line);
        Offer::Queued
    }
    fn waiting_bytes(&self) -> usize {
        0
    }
    fn has_drained(&self) -> bool {
        true
    }
    fn flush(&self) {}
    fn stay_until(&self, _: Timestamp) {}
    fn expire(&self, _: Timestamp) {}
    fn close(&self, _: Farewell) {}
}

/// A shard, and the log that it hears of.
struct Stage {
    shard: Shard,
    position: u64,
    seqs: [u64; 2],
}

impl Stage {
    fn new() -> Self {
        Self {
            shard: Shard::new(Epoch(1), Position::ZERO, Arc::default()),
            position: 0,
            seqs: [0, 0],
        }
    }

    fn next(&mut self, room: RoomId, body: EventBody) -> Arc<Envelope> {
        let seq = &mut self.seqs[usize::from(room == OTHER)];
        *seq += 1;
        self.position += 1;
        Envelope::new(Event {
            room,
            seq: Seq(*seq),
            position: Position(self.position),
            sender: ANA,
            device: None,
            client_id: None,
            at: Timestamp(0),
            body,
        })
    }

    fn commit(&mut self, envelope: Arc<Envelope>) {
        self.shard.commit(CommitNews {
            events: Arc::from([envelope]),
            acks: Vec::new(),
        });
    }

    fn say(&mut self, room: RoomId) {
        let text = MessageText::parse("hi").unwrap();
        let body = MessageBody {
            text,
            reply_to: None,
            mentions: Vec::new(),
            metadata: serde_json::Map::new(),
        };
        let envelope = self.next(room, EventBody::MessageSent(body));
        self.commit(envelope);
    }

    fn join_room(&mut self, user: UserId, room: RoomId) {
        let joined = MemberJoined {
            user,
            role: Role::Member,
            visible_from: Seq(1),
        };
        let envelope = self.next(room, EventBody::MemberJoined(joined));
        self.commit(envelope);
    }

    fn leave_room(&mut self, user: UserId, room: RoomId) {
        let left = MemberLeft {
            user,
            reason: LeaveReason::Removed,
        };
        let envelope = self.next(room, EventBody::MemberLeft(left));
        self.commit(envelope);
    }

    /// A connection of `user` that has read the log up to `at`, with these rooms in its snapshot.
    fn connect(
        &mut self,
        id: u64,
        user: UserId,
        rooms: &[RoomId],
        at: u64,
        outlet: &Arc<Notebook>,
    ) -> bool {
        self.shard.join(Join {
            connection: ConnectionId(id),
            user,
            outlet: outlet.clone(),
            rooms: rooms.to_vec(),
            at: Position(at),
        })
    }
}

#[test]
fn a_reader_from_the_log_hears_what_followed_its_snapshot_and_then_what_happens() {
    let mut stage = Stage::new();
    for _ in 0..4 {
        stage.say(ROOM);
    }
    let ana = Notebook::with_places(99);
    assert!(stage.connect(1, ANA, &[ROOM], 2, &ana));
    assert_eq!(ana.read(), "#3 #4 @4 live=true");
    stage.say(ROOM);
    stage.say(OTHER);
    assert_eq!(ana.read(), "#5");
}

#[test]
fn a_snapshot_ahead_of_the_shard_waits_for_its_commit() {
    let mut stage = Stage::new();
    stage.say(ROOM);
    let ana = Notebook::with_places(99);
    assert!(stage.connect(1, ANA, &[ROOM], 3, &ana));
    stage.say(ROOM);
    assert_eq!(ana.read(), "");
    stage.say(ROOM);
    stage.say(ROOM);
    assert_eq!(ana.read(), "@3 live=true #4");
}

#[test]
fn who_lagged_and_waits_to_be_let_in_lags_no_more() {
    let mut stage = Stage::new();
    let slow = Notebook::with_places(1);
    stage.connect(1, ANA, &[ROOM], 0, &slow);
    stage.say(ROOM);
    stage.say(ROOM);
    assert_eq!(stage.shard.lag(ConnectionId(1)), Some(Position(1)));
    // Its reader has read the log further than the shard has heard: up to 3.
    assert!(stage.connect(1, ANA, &[ROOM], 3, &slow));
    assert_eq!(stage.shard.lag(ConnectionId(1)), None);
    stage.say(ROOM);
    assert_eq!(stage.shard.lag(ConnectionId(1)), None);
}

#[test]
fn membership_is_followed_between_the_snapshot_and_the_join() {
    let mut stage = Stage::new();
    stage.say(ROOM);
    stage.leave_room(ANA, ROOM);
    stage.say(ROOM);
    stage.say(OTHER);
    stage.join_room(ANA, OTHER);
    stage.say(OTHER);
    let ana = Notebook::with_places(99);
    assert!(stage.connect(1, ANA, &[ROOM], 1, &ana));
    assert_eq!(ana.read(), "#2 other#2 other#3 @6 live=true");
    stage.say(ROOM);
    stage.say(OTHER);
    assert_eq!(ana.read(), "other#4");
}

#[test]
fn who_joins_hears_it_and_who_leaves_hears_it_last() {
    let mut stage = Stage::new();
    let (ana, bob) = (Notebook::with_places(99), Notebook::with_places(99));
    stage.connect(1, ANA, &[ROOM], 0, &ana);
    stage.connect(2, BOB, &[], 0, &bob);
    stage.say(ROOM);
    stage.join_room(BOB, ROOM);
    stage.say(ROOM);
    stage.leave_room(BOB, ROOM);
    stage.say(ROOM);
    assert_eq!(bob.read(), "@0 live=true #2 #3 #4");
    assert_eq!(ana.read(), "@0 live=true #1 #2 #3 #4 #5");
}

#[test]
fn all_devices_of_a_user_hear_the_same() {
    let mut stage = Stage::new();
    let (phone, laptop) = (Notebook::with_places(99), Notebook::with_places(99));
    stage.connect(1, ANA, &[ROOM], 0, &phone);
    stage.say(ROOM);
    // The second device's snapshot is older than what the shard knows of its user.
    stage.connect(2, ANA, &[ROOM], 0, &laptop);
    stage.say(ROOM);
    assert_eq!(phone.read(), "@0 live=true #1 #2");
    assert_eq!(laptop.read(), "#1 @1 live=true #2");
    stage.shard.leave(ConnectionId(1));
    stage.say(ROOM);
    assert_eq!((phone.read().as_str(), laptop.read().as_str()), ("", "#3"));
}

#[test]
fn a_full_outlet_lags_from_just_before_what_it_could_not_take() {
    let mut stage = Stage::new();
    let slow = Notebook::with_places(2);
    stage.connect(1, ANA, &[ROOM], 0, &slow);
    for _ in 0..5 {
        stage.say(ROOM);
    }
    assert_eq!(slow.read(), "@0 live=true #1 #2 behind");
    assert_eq!(stage.shard.lag(ConnectionId(1)), Some(Position(2)));
    // It reads the log up to 4 and joins again: nothing twice, nothing left out.
    *slow.places.lock() = 99;
    assert!(stage.connect(1, ANA, &[ROOM], 4, &slow));
    assert_eq!(slow.read(), "#5 @5 live=true");
    assert_eq!(stage.shard.lag(ConnectionId(1)), None);
    stage.say(ROOM);
    assert_eq!(slow.read(), "#6");
}

#[test]
fn a_lost_receipt_makes_a_connection_lag_and_lost_typing_does_not() {
    let mut stage = Stage::new();
    let slow = Notebook::with_places(0);
    stage.connect(1, ANA, &[ROOM], 0, &slow);
    let typing = NoticeContent::Typing {
        room: ROOM,
        user: BOB,
        active: true,
    };
    stage.shard.notice_room(ROOM, &Notice::new(typing), None);
    assert_eq!(stage.shard.lag(ConnectionId(1)), None);
    let receipts: Vec<ShownReceipt> = Vec::new();
    let receipts = NoticeContent::Receipts {
        room: ROOM,
        receipts,
    };
    stage.shard.notice_room(ROOM, &Notice::new(receipts), None);
    assert_eq!(stage.shard.lag(ConnectionId(1)), Some(Position::ZERO));
}

#[test]
fn who_lags_is_told_of_own_watermarks_by_catching_up_alone() {
    let mut stage = Stage::new();
    let slow = Notebook::with_places(0);
    let (marks, unread) = (Some(Watermarks::default()), Unread::default());
    let reply = Reply::OwnReceipt {
        room: ROOM,
        user: ANA,
        marks,
        unread,
    };
    stage.connect(1, ANA, &[ROOM], 0, &slow);
    stage.shard.reply_user(ANA, &reply);
    stage.say(ROOM);
    stage.shard.reply_user(ANA, &reply);
    assert_eq!(slow.read(), "@0 live=true own:true behind own:false");
}

#[test]
fn who_reads_on_too_late_must_read_on_in_the_log() {
    let mut stage = Stage::new();
    for _ in 0..5_000 {
        stage.say(ROOM);
    }
    let ana = Notebook::with_places(9_999);
    assert!(!stage.connect(1, ANA, &[ROOM], 100, &ana));
    assert!(stage.connect(1, ANA, &[ROOM], 4_990, &ana));
    assert_eq!(ana.read().split(' ').next(), Some("#4991"));
}

#[test]
fn rooms_out_of_focus_are_hinted_at_once_for_many_events() {
    let mut stage = Stage::new();
    let ana = Notebook::with_places(99);
    stage.connect(1, ANA, &[ROOM, OTHER], 0, &ana);
    stage.shard.focus(ConnectionId(1), Some(vec![OTHER]));
    stage.say(ROOM);
    stage.say(ROOM);
    stage.say(OTHER);
    stage.shard.send_hints();
    assert_eq!(ana.read(), "@0 live=true other#1 hint:2");
    stage.shard.send_hints();
    stage.leave_room(ANA, ROOM);
    assert_eq!(ana.read(), "#3", "a removal is told in full");
    stage.shard.focus(ConnectionId(1), None);
    stage.say(OTHER);
    assert_eq!(ana.read(), "other#2");
}

#[test]
fn a_busy_connection_learns_where_it_stands_after_so_many_events() {
    let mut stage = Stage::new();
    let ana = Notebook::with_places(9_999);
    stage.connect(1, ANA, &[ROOM], 0, &ana);
    for _ in 0..600 {
        stage.say(ROOM);
    }
    let heard = ana.read();
    let checkpoints: Vec<&str> = heard
        .split(' ')
        .filter(|line| line.starts_with('@'))
        .collect();
    assert_eq!(checkpoints, ["@0", "@256", "@512"]);
    stage.shard.send_checkpoints();
    assert_eq!(ana.read(), "@600 live=true");
    stage.shard.send_checkpoints();
    assert_eq!(ana.read(), "", "nothing new, nothing said");
}

#[test]
fn what_was_told_is_not_told_again_after_a_recovery() {
    let mut stage = Stage::new();
    let ana = Notebook::with_places(99);
    stage.connect(1, ANA, &[ROOM], 0, &ana);
    let text = EventBody::MessageBlanked;
    let envelope = stage.next(ROOM, text);
    stage.commit(envelope.clone());
    stage.commit(envelope);
    assert_eq!(ana.read(), "@0 live=true #1");
}

#[test]
fn a_shard_that_all_have_left_holds_nothing() {
    let mut stage = Stage::new();
    for id in 1..=100 {
        let outlet = Notebook::with_places(9);
        let mut bytes = [0; 16];
        bytes[0] = u8::try_from(id).unwrap();
        stage.connect(id, UserId::from_bytes(bytes), &[ROOM, OTHER], 0, &outlet);
    }
    assert_eq!(stage.shard.len(), 100);
    for id in 1..=100 {
        stage.shard.leave(ConnectionId(id));
    }
    assert!(stage.shard.is_empty());
    stage.say(ROOM);
    let mut dirty = Vec::new();
    stage.shard.take_dirty(10, &mut dirty);
    stage.shard.take_dirty(10, &mut dirty);
    assert!(
        dirty.len() <= 100,
        "only senders' farewells can still be flushed"
    );
}
