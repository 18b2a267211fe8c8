//! What is said to the floor, and what it says.
//!
//! `join 0 3` in a text frame is answered by `joined`; `say 3 words` is told to all members of room
//! 3 in a binary frame: the room in 4 bytes, the message's number in the room in 8, the words.

/// The bytes of an event before its words.
pub(crate) const EVENT_HEADER_BYTES: usize = 12;

/// What a client wants of the floor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish<'a> {
    Join(Vec<u32>),
    Say(u32, &'a [u8]),
}

pub(crate) fn join(rooms: &[&str]) -> Vec<u8> {
    format!("join {}", rooms.join(" ")).into_bytes()
}

pub(crate) fn say(room: &str, text: &str) -> Vec<u8> {
    format!("say {room} {text}").into_bytes()
}

pub(crate) fn event(room: u32, seq: u64, words: &[u8]) -> Vec<u8> {
    let mut event = Vec::with_capacity(EVENT_HEADER_BYTES + words.len());
    event.extend_from_slice(&room.to_be_bytes());
    event.extend_from_slice(&seq.to_be_bytes());
    event.extend_from_slice(words);
    event
}

/// An event's room, number and words.
pub(crate) fn read_event(event: &[u8]) -> Option<(u32, u64, &[u8])> {
    let (room, rest) = event.split_first_chunk()?;
    let (seq, words) = rest.split_first_chunk()?;
    Some((u32::from_be_bytes(*room), u64::from_be_bytes(*seq), words))
}

pub(super) fn read_wish(payload: &[u8]) -> Option<Wish<'_>> {
    if let Some(rooms) = payload.strip_prefix(b"join ") {
        let rooms = std::str::from_utf8(rooms).ok()?.split_ascii_whitespace();
        return rooms
            .map(|room| room.parse().ok())
            .collect::<Option<_>>()
            .map(Wish::Join);
    }
    let rest = payload.strip_prefix(b"say ")?;
    let end = rest.iter().position(|byte| *byte == b' ')?;
    let room = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
    Some(Wish::Say(room, &rest[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_read_as_they_were_written() {
        assert_eq!(
            read_wish(&join(&["0", "31"])),
            Some(Wish::Join(vec![0, 31]))
        );
        assert_eq!(read_wish(&join(&[])), Some(Wish::Join(Vec::new())));
        assert_eq!(read_wish(&say("3", "a b")), Some(Wish::Say(3, b"a b")));
        assert_eq!(read_wish(b"say x y"), None);
        assert_eq!(read_wish(b"hello"), None);
    }

    #[test]
    fn events_are_read_as_they_were_written() {
        assert_eq!(read_event(&event(7, 9, b"hi")), Some((7, 9, &b"hi"[..])));
        assert_eq!(read_event(b"short"), None);
    }
}
