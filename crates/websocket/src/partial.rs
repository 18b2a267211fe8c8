//! What a decoder keeps between two reads: the piece of a header, of a control frame or of a
//! message that has come so far.
//!
//! *Limit*: memory follows the bytes that came, never the length that a header announces: at most
//! twice what was received.

use crate::decoder::{DecoderLimits, Item, item};
use crate::frame::Opcode;
use crate::header::{HEADER_BYTES_MAX, Header, Part};
use crate::mask::Mask;
use crate::utf8::Utf8Check;
use crate::violation::Violation;

/// Everything that is unfinished on one connection.
#[derive(Debug, Default)]
pub(crate) struct Partial {
    head: [u8; HEADER_BYTES_MAX],
    head_len: usize,
    frame: Option<OpenFrame>,
    /// What came of a control frame; they may stand between the fragments of a message.
    control: Vec<u8>,
    message: Option<OpenMessage>,
}

/// A frame whose header is known and whose payload has not all come.
#[derive(Debug)]
struct OpenFrame {
    opcode: Opcode,
    part: Part,
    mask: Mask,
    remaining: u64,
}

/// A message of which something is still to come.
#[derive(Debug)]
struct OpenMessage {
    opcode: Opcode,
    data: Vec<u8>,
    fragments: u32,
    utf8: Utf8Check,
}

impl Partial {
    /// Nothing is unfinished.
    pub(crate) fn is_empty(&self) -> bool {
        self.head_len == 0 && self.frame.is_none() && self.message.is_none()
    }

    /// The next byte belongs to a new frame.
    pub(crate) fn is_between_frames(&self) -> bool {
        self.head_len == 0 && self.frame.is_none()
    }

    /// How much memory the bytes that came take.
    #[cfg(test)]
    pub(crate) fn kept_bytes(&self) -> usize {
        let message = self
            .message
            .as_ref()
            .map_or(0, |message| message.data.capacity());
        self.control.capacity() + message
    }

    /// Takes more of a header; gives it when it is all there, and how many bytes of `input` it took.
    pub(crate) fn feed_head(&mut self, input: &[u8]) -> Result<(usize, Option<Header>), Violation> {
        let taken = input.len().min(HEADER_BYTES_MAX - self.head_len);
        self.head[self.head_len..][..taken].copy_from_slice(&input[..taken]);
        let held = self.head_len + taken;
        let Some((header, length)) = Header::parse(&self.head[..held])? else {
            self.head_len = held;
            return Ok((taken, None));
        };
        let used = length - self.head_len;
        self.head_len = 0;
        Ok((used, Some(header)))
    }

    /// Whether a header is all that has come of the current frame.
    pub(crate) fn is_inside_head(&self) -> bool {
        self.head_len > 0
    }

    /// Whether a frame with this header may come now.
    pub(crate) fn admit(&self, header: &Header, limits: DecoderLimits) -> Result<(), Violation> {
        match (&self.message, header.opcode) {
            (_, Opcode::Close | Opcode::Ping | Opcode::Pong) => Ok(()),
            (Some(_), Opcode::Text | Opcode::Binary) => Err(Violation::MessageInsideMessage),
            (Some(open), Opcode::Continuation) if open.fragments >= limits.fragments_max => {
                Err(Violation::TooManyFragments)
            }
            (Some(open), Opcode::Continuation) => {
                let rest = u64::from(limits.message_bytes_max) - open.data.len() as u64;
                within(header.length, rest)
            }
            (None, _) => admit_first(header, limits),
        }
    }

    /// Begins a frame that was admitted.
    pub(crate) fn begin(&mut self, header: &Header) {
        let Header {
            opcode,
            part,
            mask,
            length,
        } = *header;
        self.frame = Some(OpenFrame {
            opcode,
            part,
            mask,
            remaining: length,
        });
        match (&mut self.message, opcode) {
            (Some(open), Opcode::Continuation) => open.fragments += 1,
            (none, Opcode::Text | Opcode::Binary) => *none = Some(OpenMessage::new(opcode)),
            _ => {}
        }
    }

    /// Takes more of the current frame's payload; gives what is complete by it, and how many bytes
    /// of `input` it took.
    pub(crate) fn feed_payload(
        &mut self,
        input: &mut [u8],
    ) -> Result<(usize, Option<Item<'static>>), Violation> {
        let Some(frame) = &mut self.frame else {
            return Ok((0, None));
        };
        let piece = frame.take(input);
        if frame.opcode.is_control() {
            self.control.extend_from_slice(piece);
        } else if let Some(message) = &mut self.message {
            message.feed(piece, frame.remaining)?;
        }
        let used = piece.len();
        let item = if frame.remaining == 0 {
            self.finish_frame()?
        } else {
            None
        };
        Ok((used, item))
    }

    fn finish_frame(&mut self) -> Result<Option<Item<'static>>, Violation> {
        match self.frame.take() {
            Some(frame) if frame.opcode.is_control() => {
                let payload = std::mem::take(&mut self.control);
                item(frame.opcode, payload.into()).map(Some)
            }
            Some(OpenFrame {
                part: Part::Last, ..
            }) => self.message.take().map(OpenMessage::finish).transpose(),
            _ => Ok(None),
        }
    }
}

/// Whether a message may begin with this frame.
pub(crate) fn admit_first(header: &Header, limits: DecoderLimits) -> Result<(), Violation> {
    match header.opcode {
        Opcode::Continuation => Err(Violation::ContinuationOfNothing),
        Opcode::Text | Opcode::Binary => within(header.length, u64::from(limits.message_bytes_max)),
        Opcode::Close | Opcode::Ping | Opcode::Pong => Ok(()),
    }
}

fn within(length: u64, most: u64) -> Result<(), Violation> {
    if length > most {
        Err(Violation::MessageTooBig)
    } else {
        Ok(())
    }
}

impl OpenFrame {
    /// The part of `input` that is of this frame, unmasked.
    fn take<'x>(&mut self, input: &'x mut [u8]) -> &'x [u8] {
        let length = usize::try_from(self.remaining).map_or(input.len(), |r| r.min(input.len()));
        let piece = &mut input[..length];
        self.mask.apply(piece);
        self.remaining -= length as u64;
        piece
    }
}

impl OpenMessage {
    fn new(opcode: Opcode) -> Self {
        Self {
            opcode,
            data: Vec::new(),
            fragments: 1,
            utf8: Utf8Check::default(),
        }
    }

    fn feed(&mut self, piece: &[u8], still_announced: u64) -> Result<(), Violation> {
        if self.opcode == Opcode::Text {
            self.utf8.feed(piece).map_err(|_| Violation::Utf8)?;
        }
        self.make_room(piece.len(), still_announced);
        self.data.extend_from_slice(piece);
        Ok(())
    }

    /// Room for `piece` bytes, and for as much again as is held if that much was announced: a long
    /// message is not copied at every read, and an announced one costs nothing yet.
    fn make_room(&mut self, piece: usize, still_announced: u64) {
        if self.data.capacity() - self.data.len() < piece {
            let announced = usize::try_from(still_announced).unwrap_or(usize::MAX);
            self.data
                .reserve_exact(piece + announced.min(self.data.len()));
        }
    }

    fn finish(self) -> Result<Item<'static>, Violation> {
        self.utf8.finish().map_err(|_| Violation::Utf8)?;
        item(self.opcode, self.data.into())
    }
}
