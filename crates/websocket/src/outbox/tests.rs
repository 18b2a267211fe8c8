//! What is queued, refused, gathered and written, step by step.

use std::io::Write as _;

use proptest::prelude::*;

use super::*;
use crate::close::CloseCode;

const LIMITS: OutboxLimits = OutboxLimits {
    durable_bytes_max: 100,
    reply_reserve_bytes: 50,
    ephemeral_bytes_max: 25,
};

/// A frame of `length` bytes, two of which are its header.
fn frame(length: usize) -> Frame {
    Frame::text(&"x".repeat(length - 2))
}

/// Everything that would be written next.
fn gathered(outbox: &Outbox) -> Vec<u8> {
    let mut slices = [IoSlice::new(&[]); GATHER_MAX];
    let count = outbox.gather(&mut slices);
    let mut bytes = Vec::new();
    slices[..count]
        .iter()
        .for_each(|slice| bytes.write_all(slice).unwrap());
    bytes
}

/// Writes `length` bytes of what waits, and gives them.
fn write(outbox: &mut Outbox, length: usize) -> Vec<u8> {
    let mut bytes = gathered(outbox);
    bytes.truncate(length);
    let _ = outbox.advance(bytes.len());
    bytes
}

#[test]
fn a_durable_frame_is_refused_where_it_would_pass_the_limit() {
    let mut outbox = Outbox::new(LIMITS);
    assert_eq!(outbox.offer(frame(60)), Offer::Queued);
    assert_eq!(outbox.offer(frame(41)), Offer::Full);
    assert_eq!(outbox.offer(frame(40)), Offer::Queued);
    assert_eq!(outbox.queued_bytes(), 100);
    assert_eq!(
        gathered(&outbox),
        [&frame(60).as_bytes()[..], frame(40).as_bytes()].concat()
    );
}

#[test]
fn replies_have_a_reserve_above_the_limit() {
    let mut outbox = Outbox::new(LIMITS);
    assert_eq!(outbox.offer(frame(100)), Offer::Queued);
    assert!(!outbox.is_congested());
    assert_eq!(outbox.reply(frame(50)), Offer::Queued);
    assert!(outbox.is_congested());
    assert_eq!(outbox.reply(frame(2)), Offer::Full);
    let _ = outbox.advance(50);
    assert!(!outbox.is_congested());
}

#[test]
fn who_waits_for_room_for_an_ephemeral_frame_is_told_until_there_is() {
    let mut outbox = Outbox::new(LIMITS);
    assert_eq!(outbox.offer(frame(90)), Offer::Queued);
    assert_eq!(outbox.offer_ephemeral(frame(5)), Ephemeral::Dropped);
    assert_eq!(outbox.advance(30), Relief::None);
    assert_eq!(outbox.advance(20), Relief::Drained);
    assert_eq!(outbox.offer_ephemeral(frame(5)), Ephemeral::Dropped);
    assert_eq!(outbox.advance(20), Relief::Drained);
    assert_eq!(outbox.offer_ephemeral(frame(5)), Ephemeral::Queued);
    assert_eq!(outbox.advance(20), Relief::None);
}

#[test]
fn ephemeral_frames_are_dropped_when_the_client_lags() {
    let mut outbox = Outbox::new(LIMITS);
    assert_eq!(outbox.offer_ephemeral(frame(25)), Ephemeral::Queued);
    assert_eq!(outbox.offer_ephemeral(frame(2)), Ephemeral::Queued);
    assert_eq!(outbox.offer_ephemeral(frame(2)), Ephemeral::Dropped);
    assert_eq!(outbox.queued_bytes(), 27);
    assert_eq!(
        Outbox::new(LIMITS).offer_ephemeral(frame(101)),
        Ephemeral::Dropped
    );
}

#[test]
fn relief_is_told_once_below_half_and_only_after_a_refusal() {
    let mut outbox = Outbox::new(LIMITS);
    assert_eq!(outbox.offer(frame(90)), Offer::Queued);
    assert_eq!(outbox.advance(60), Relief::None);
    assert_eq!(outbox.offer(frame(60)), Offer::Queued);
    assert_eq!(outbox.offer(frame(60)), Offer::Full);
    assert_eq!(outbox.advance(39), Relief::None);
    assert_eq!(outbox.advance(1), Relief::Drained);
    assert_eq!(outbox.advance(50), Relief::None);
}

#[test]
fn pongs_overtake_frames_but_never_one_that_is_begun() {
    let mut outbox = Outbox::new(LIMITS);
    assert_eq!(outbox.offer(Frame::text("first")), Offer::Queued);
    assert_eq!(outbox.offer(Frame::text("second")), Offer::Queued);
    assert_eq!(write(&mut outbox, 3), b"\x81\x05f");
    outbox.pong(b"a");
    outbox.pong(b"b");
    assert_eq!(gathered(&outbox), b"irst\x8A\x01a\x8A\x01b\x81\x06second");
    assert_eq!(write(&mut outbox, 6), b"irst\x8A\x01");
    outbox.pong(b"c");
    assert_eq!(gathered(&outbox), b"a\x8A\x01b\x8A\x01c\x81\x06second");
}

#[test]
fn a_flood_of_pings_fills_no_memory_and_the_newest_is_answered() {
    let mut outbox = Outbox::new(LIMITS);
    for _ in 0..100_000 {
        outbox.pong(&[b'.'; 125]);
    }
    outbox.pong(b"newest");
    let waiting = gathered(&outbox);
    assert!(waiting.len() <= PONG_BYTES_MAX);
    assert!(waiting.ends_with(b"newest"));
}

#[test]
fn a_ping_is_queued_behind_what_waits_for_who_reads_need_not_answer_that() {
    let mut outbox = Outbox::new(LIMITS);
    outbox.ping();
    assert_eq!(gathered(&outbox), b"\x89\x00");
    assert_eq!(write(&mut outbox, 2), b"\x89\x00");
    assert_eq!(outbox.offer(Frame::text("a")), Offer::Queued);
    outbox.ping();
    assert_eq!(gathered(&outbox), b"\x81\x01a\x89\x00");
}

#[test]
fn after_the_close_nothing_is_queued() {
    let mut outbox = Outbox::new(LIMITS);
    assert_eq!(outbox.offer(Frame::text("last")), Offer::Queued);
    assert!(outbox.close(Frame::close(CloseCode::NORMAL, "")));
    let before = gathered(&outbox);
    assert!(before.ends_with(b"last\x88\x02\x03\xE8"));
    assert_eq!(outbox.offer(frame(2)), Offer::Closed);
    assert_eq!(outbox.reply(frame(2)), Offer::Closed);
    assert_eq!(outbox.offer_ephemeral(frame(2)), Ephemeral::Dropped);
    assert_eq!(outbox.admit(&[frame(2)]), 0);
    outbox.pong(b"late");
    outbox.ping();
    assert!(!outbox.close(Frame::empty_close()));
    assert_eq!(gathered(&outbox), before);
}

#[test]
fn a_close_fits_even_when_all_is_full() {
    let mut outbox = Outbox::new(LIMITS);
    assert_eq!(outbox.reply(frame(127)), Offer::Queued);
    assert!(outbox.close(Frame::empty_close()));
    assert!(gathered(&outbox).ends_with(b"\x88\x00"));
}

#[test]
fn nothing_is_allocated_once_all_is_written_or_discarded() {
    let mut outbox = Outbox::new(LIMITS);
    assert_eq!(outbox.offer(frame(20)), Offer::Queued);
    outbox.pong(b"");
    assert!(!outbox.is_empty());
    let _ = outbox.advance(22);
    assert!(outbox.is_empty() && outbox.waiting.is_none());
    assert_eq!(outbox.offer(frame(20)), Offer::Queued);
    outbox.discard();
    assert!(outbox.is_empty() && outbox.is_closed());
}

#[test]
fn frames_written_past_the_queue_leave_their_rest_in_it() {
    let frames = [Frame::text("one"), Frame::text("two"), Frame::text("six")];
    for (written, rest) in [
        (0, &b"\x81\x03one\x81\x03two\x81\x03six"[..]),
        (5, b"\x81\x03two\x81\x03six"),
        (14, b"x"),
        (15, b""),
    ] {
        let mut outbox = Outbox::new(LIMITS);
        assert_eq!(outbox.admit(&frames), 3);
        outbox.take_over(&frames, written);
        assert_eq!(gathered(&outbox), rest);
        assert_eq!(outbox.queued_bytes(), rest.len());
    }
}

#[test]
fn of_many_frames_as_many_are_admitted_as_fit() {
    let mut outbox = Outbox::new(LIMITS);
    assert_eq!(outbox.admit(&[frame(40), frame(40), frame(40)]), 2);
    outbox.take(&[frame(40), frame(40)]);
    assert_eq!(outbox.advance(80), Relief::Drained);
}

#[test]
fn one_call_gathers_no_more_than_its_slices() {
    let limits = OutboxLimits {
        durable_bytes_max: 1000,
        ..LIMITS
    };
    let mut outbox = Outbox::new(limits);
    for _ in 0..100 {
        assert_eq!(outbox.offer(frame(2)), Offer::Queued);
    }
    assert_eq!(gathered(&outbox).len(), 2 * GATHER_MAX);
}

#[derive(Debug, Clone)]
enum Act {
    Offer(usize),
    Reply(usize),
    Ephemeral(usize),
    Deliver(Vec<usize>, usize),
    Pong(usize),
    Write(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (2..60usize).prop_map(Act::Offer),
        (2..60usize).prop_map(Act::Reply),
        (2..60usize).prop_map(Act::Ephemeral),
        (proptest::collection::vec(2..30usize, 1..4), 0..80usize)
            .prop_map(|(lengths, written)| Act::Deliver(lengths, written)),
        (0..126usize).prop_map(Act::Pong),
        (0..120usize).prop_map(Act::Write),
    ]
}

/// The frames in a stream of bytes: it must consist of whole ones.
fn frames_of(mut wire: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while let [_, length, ..] = wire {
        let (frame, rest) = wire.split_at(usize::from(*length) + 2);
        frames.push(frame.to_vec());
        wire = rest;
    }
    assert!(wire.is_empty(), "half a header");
    frames
}

proptest! {
    /// Each frame is marked by a number, so that its place on the wire can be told.
    #[test]
    fn whatever_is_queued_arrives_whole_once_and_in_order(
        acts in proptest::collection::vec(act(), 1..60),
    ) {
        let mut outbox = Outbox::new(LIMITS);
        let (mut wire, mut queued, mut serial) = (Vec::new(), Vec::new(), 0u8);
        for act in acts {
            serial += 1;
            let marked = |length: usize| Frame::binary(&vec![serial; length - 2]);
            match act {
                Act::Offer(length) => if outbox.offer(marked(length)) == Offer::Queued {
                    queued.push(marked(length));
                },
                Act::Reply(length) => if outbox.reply(marked(length)) == Offer::Queued {
                    queued.push(marked(length));
                },
                Act::Ephemeral(length) => {
                    if outbox.offer_ephemeral(marked(length)) == Ephemeral::Queued {
                        queued.push(marked(length));
                    }
                }
                Act::Deliver(lengths, written) => {
                    let frames: Vec<Frame> = lengths.into_iter().map(marked).collect();
                    let taken = &frames[..outbox.admit(&frames)];
                    queued.extend_from_slice(taken);
                    if outbox.is_empty() {
                        let bytes = Frame::joined(taken).map_or(vec![], |all| all.as_bytes().to_vec());
                        let written = written.min(bytes.len());
                        wire.extend_from_slice(&bytes[..written]);
                        outbox.take_over(taken, written);
                    } else {
                        outbox.take(taken);
                    }
                }
                Act::Pong(length) => outbox.pong(&vec![serial; length]),
                Act::Write(length) => wire.extend(write(&mut outbox, length)),
            }
            let waiting = gathered(&outbox).len();
            prop_assert!(waiting <= 150 + PONG_BYTES_MAX + 127);
        }
        wire.extend(write(&mut outbox, usize::MAX));
        wire.extend(write(&mut outbox, usize::MAX));
        prop_assert!(outbox.is_empty());
        let arrived = frames_of(&wire).into_iter().filter(|frame| frame[0] == 0x82);
        let expected: Vec<Vec<u8>> = queued.iter().map(|frame| frame.as_bytes().to_vec()).collect();
        prop_assert_eq!(arrived.collect::<Vec<_>>(), expected);
    }
}
