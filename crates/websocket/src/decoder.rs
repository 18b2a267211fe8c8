//! Client frames, decoded without I/O: bytes in, messages out.
//!
//! A message that lies whole in the bytes of one read is unmasked where it lies and borrowed from
//! there. Only what is cut by the end of a read is kept, in a box that is dropped with it.
//!
//! *Invariant*: however the input is cut into reads, the same items and the same violation come
//! out; after a violation or a close frame nothing does, and what follows is thrown away.

use std::borrow::Cow;

use crate::close::CloseCode;
use crate::frame::Opcode;
use crate::header::{Header, Part};
use crate::partial::{Partial, admit_first};
use crate::violation::Violation;

/// What a client may ask a decoder to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecoderLimits {
    /// The longest message, whole or in fragments.
    pub message_bytes_max: u32,
    /// The most frames a message may come in.
    pub fragments_max: u32,
}

impl Default for DecoderLimits {
    fn default() -> Self {
        Self {
            message_bytes_max: 64 * 1024,
            fragments_max: 128,
        }
    }
}

/// A message of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message<'a> {
    /// Text, checked to be UTF-8.
    Text(Cow<'a, str>),
    /// Bytes of any kind.
    Binary(Cow<'a, [u8]>),
}

/// What a client says when it closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Farewell<'a> {
    /// Why, as a number.
    pub code: CloseCode,
    /// Why, in words; often empty.
    pub reason: Cow<'a, str>,
}

/// What came out of the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item<'a> {
    /// A whole message.
    Message(Message<'a>),
    /// A ping, to be answered with its payload.
    Ping(Cow<'a, [u8]>),
    /// A pong, asked for or not.
    Pong(Cow<'a, [u8]>),
    /// The last item: the client closes.
    Close(Option<Farewell<'a>>),
}

/// How far one call came.
#[derive(Debug)]
pub struct Step<'a> {
    /// How many bytes of the input are done with; never 0 unless the input was empty.
    pub used: usize,
    /// What they completed, if anything.
    pub item: Result<Option<Item<'a>>, Violation>,
}

/// The state of one client's stream of frames.
#[derive(Debug)]
pub struct Decoder {
    limits: DecoderLimits,
    finished: bool,
    partial: Option<Box<Partial>>,
}

/// An idle connection pays for its decoder, so it stays within a third of a cache line.
const _: () = assert!(size_of::<Decoder>() <= 24);

impl Decoder {
    /// A decoder at the beginning of a stream.
    #[must_use]
    pub const fn new(limits: DecoderLimits) -> Self {
        Self {
            limits,
            finished: false,
            partial: None,
        }
    }

    /// Whether nothing more will come out: the client closed, or broke the protocol.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.finished
    }

    /// Whether the stream stands between two messages, and so nothing is kept.
    #[must_use]
    pub const fn is_at_rest(&self) -> bool {
        self.partial.is_none()
    }

    /// Takes the next bytes of the stream, of which it unmasks in place those that it uses. To be
    /// called with the rest until all are used.
    pub fn decode<'x>(&mut self, input: &'x mut [u8]) -> Step<'x> {
        let whole = input.len();
        if self.finished {
            return Step {
                used: whole,
                item: Ok(None),
            };
        }
        match self.advance(input) {
            Ok((used, item)) => {
                self.finished = matches!(item, Some(Item::Close(_)));
                Step {
                    used,
                    item: Ok(item),
                }
            }
            Err(violation) => {
                self.finished = true;
                self.partial = None;
                Step {
                    used: whole,
                    item: Err(violation),
                }
            }
        }
    }

    fn advance<'x>(&mut self, input: &'x mut [u8]) -> Result<(usize, Option<Item<'x>>), Violation> {
        if self
            .partial
            .as_ref()
            .is_some_and(|partial| !partial.is_between_frames())
        {
            return self.resume(input);
        }
        let Some((header, start)) = Header::parse(input)? else {
            return self.resume(input);
        };
        match &self.partial {
            Some(partial) => partial.admit(&header, self.limits)?,
            None => admit_first(&header, self.limits)?,
        }
        match end_of_lone_frame(&header, start, input.len()) {
            Some(end) => {
                let payload = &mut input[start..end];
                let mut mask = header.mask;
                mask.apply(payload);
                Ok((end, Some(item(header.opcode, Cow::Borrowed(payload))?)))
            }
            None => {
                self.open().begin(&header);
                let (used, item) = self.resume(&mut input[start..])?;
                Ok((start + used, item))
            }
        }
    }

    /// Goes on with what is unfinished.
    fn resume(&mut self, input: &mut [u8]) -> Result<(usize, Option<Item<'static>>), Violation> {
        let limits = self.limits;
        let partial = self.open();
        let mut head = 0;
        if partial.is_between_frames() || partial.is_inside_head() {
            let (used, header) = partial.feed_head(input)?;
            let Some(header) = header else {
                return Ok((used, None));
            };
            partial.admit(&header, limits)?;
            partial.begin(&header);
            head = used;
        }
        let (used, item) = partial.feed_payload(&mut input[head..])?;
        self.partial.take_if(|partial| partial.is_empty());
        Ok((head + used, item))
    }

    fn open(&mut self) -> &mut Partial {
        self.partial.get_or_insert_default()
    }
}

/// Where the frame ends, if it is all there and is all of its message.
fn end_of_lone_frame(header: &Header, start: usize, have: usize) -> Option<usize> {
    let alone = header.opcode != Opcode::Continuation && header.part == Part::Last;
    let end = start.checked_add(usize::try_from(header.length).ok()?)?;
    (alone && end <= have).then_some(end)
}

/// What a complete message or control frame means.
pub(crate) fn item(opcode: Opcode, payload: Cow<'_, [u8]>) -> Result<Item<'_>, Violation> {
    Ok(match opcode {
        Opcode::Text => Item::Message(Message::Text(text(payload).ok_or(Violation::Utf8)?)),
        Opcode::Binary | Opcode::Continuation => Item::Message(Message::Binary(payload)),
        Opcode::Ping => Item::Ping(payload),
        Opcode::Pong => Item::Pong(payload),
        Opcode::Close => Item::Close(farewell(payload)?),
    })
}

fn text(payload: Cow<'_, [u8]>) -> Option<Cow<'_, str>> {
    match payload {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

fn farewell(mut payload: Cow<'_, [u8]>) -> Result<Option<Farewell<'_>>, Violation> {
    if payload.is_empty() {
        return Ok(None);
    }
    let code = *payload.first_chunk().ok_or(Violation::CloseTooShort)?;
    let code = CloseCode::parse(u16::from_be_bytes(code)).ok_or(Violation::CloseCode)?;
    match &mut payload {
        Cow::Borrowed(bytes) => *bytes = &bytes[2..],
        Cow::Owned(bytes) => drop(bytes.drain(..2)),
    }
    let reason = text(payload).ok_or(Violation::CloseReason)?;
    Ok(Some(Farewell { code, reason }))
}

#[cfg(test)]
mod tests;
