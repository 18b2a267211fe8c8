//! The two encodings of the socket, behind one door.

use tidings_domain::CommandId;

use crate::binary;
use crate::event::EventView;
use crate::socket::command::{Command, CommandError};
use crate::socket::frame::{ServerFrame, UnreadableFrame};
use crate::socket::{read_command, read_frame};

/// How commands and frames are written on a socket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// JSON in text frames; also when no subprotocol is asked for.
    #[default]
    Json,
    /// Protobuf in binary frames, by `proto/tidings.proto`.
    Proto,
}

impl Encoding {
    /// Both, the preferred first.
    pub const ALL: [Self; 2] = [Self::Json, Self::Proto];

    /// The WebSocket subprotocol that asks for it.
    #[must_use]
    pub const fn subprotocol(self) -> &'static str {
        match self {
            Self::Json => "tidings.v1.json",
            Self::Proto => "tidings.v1.proto",
        }
    }

    /// The encoding that a subprotocol asks for.
    #[must_use]
    pub fn from_subprotocol(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|encoding| encoding.subprotocol() == name)
    }
}

/// Reads a command that anyone may have sent.
///
/// # Errors
/// [`CommandError`], with the command's id wherever that could be read.
pub fn decode_command(
    encoding: Encoding,
    bytes: &[u8],
) -> Result<(CommandId, Command), CommandError> {
    match encoding {
        Encoding::Json => read_command::read(bytes),
        Encoding::Proto => binary::decode_command(bytes),
    }
}

/// Writes a frame of the server's.
#[must_use]
pub fn encode(encoding: Encoding, frame: &ServerFrame) -> Vec<u8> {
    match encoding {
        Encoding::Json => to_json(frame),
        Encoding::Proto => binary::encode(frame),
    }
}

/// Writes an event frame straight from the domain's event, or a client's.
#[must_use]
pub fn encode_event<'a>(encoding: Encoding, event: impl Into<EventView<'a>>) -> Vec<u8> {
    let event = event.into();
    match encoding {
        Encoding::Json => to_json(&EventFrameView {
            kind: "event",
            event,
        }),
        Encoding::Proto => binary::encode_event(event),
    }
}

/// Writes a command, as a client does.
#[must_use]
pub fn encode_command(encoding: Encoding, id: CommandId, command: &Command) -> Vec<u8> {
    match encoding {
        Encoding::Json => to_json(&CommandView { id, command }),
        Encoding::Proto => binary::encode_command(id, command),
    }
}

/// Reads a frame of the server's, as a client does; `None` for a kind of a later version.
///
/// # Errors
/// [`UnreadableFrame`] when it is none.
pub fn decode_frame(
    encoding: Encoding,
    bytes: &[u8],
) -> Result<Option<ServerFrame>, UnreadableFrame> {
    match encoding {
        Encoding::Json => read_frame::read(bytes),
        Encoding::Proto => binary::decode_frame(bytes),
    }
}

#[derive(serde::Serialize)]
struct EventFrameView<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    event: EventView<'a>,
}

#[derive(serde::Serialize)]
struct CommandView<'a> {
    id: CommandId,
    #[serde(flatten)]
    command: &'a Command,
}

fn to_json(frame: &impl serde::Serialize) -> Vec<u8> {
    /// Most frames fit, so that one allocation serves.
    const USUAL_BYTES: usize = 512;
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    serde_json::to_writer(&mut bytes, frame).expect("keys are strings and memory takes all writes");
    bytes
}
