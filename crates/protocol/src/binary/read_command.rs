//! Reading a command that anyone may have sent, as protobuf.

use prost::Message as _;
use tidings_domain::{ClientId, CommandId, RoomId, Seq, UserId};

use super::read::{Fault, client_number, id, ids, json, object, word};
use super::schema::{self, client_frame::Command as Wire};
use crate::socket::command::{
    Command, CommandError, Focus, Hello, Mark, Ping, Send, Signal, Status, Token, Typing, Watch,
};
use crate::socket::read_command::command_id;

/// The id alone, so that it is known whatever else is wrong with the frame.
#[derive(Clone, PartialEq, prost::Message)]
struct Envelope {
    #[prost(uint64, tag = "1")]
    id: u64,
}

/// Reads a command.
pub(crate) fn decode_command(bytes: &[u8]) -> Result<(CommandId, Command), CommandError> {
    let found = Envelope::decode(bytes)
        .ok()
        .and_then(|envelope| command_id(envelope.id));
    let frame = schema::ClientFrame::decode(bytes)
        .map_err(|error| CommandError::invalid(found, crate::json::describe(&error.to_string())))?;
    let Some(id) = found else {
        return Err(CommandError::invalid(None, "id must be from 1 to 2^53 - 1"));
    };
    let Some(command) = frame.command else {
        return Err(CommandError::unknown(id, "none, or of another version"));
    };
    read(command)
        .map_err(|fault| CommandError::invalid(Some(id), fault.to_string()))?
        .checked(id)
}

fn read(command: Wire) -> Result<Command, Fault> {
    Ok(match command {
        Wire::Hello(hello) => Command::Hello(Hello {
            token: hello.token,
            cursor: hello.cursor,
            device_name: hello.device_name,
        }),
        Wire::Send(send) => Command::Send(read_send(send)?),
        Wire::Read(mark) => Command::Read(read_mark(&mark)?),
        Wire::Delivered(mark) => Command::Delivered(read_mark(&mark)?),
        Wire::Typing(typing) => Command::Typing(Typing {
            room: room(&typing.room)?,
            active: typing.active.unwrap_or(true),
        }),
        Wire::Signal(signal) => Command::Signal(Signal {
            room: room(&signal.room)?,
            name: signal.name,
            data: json("data", &signal.data_json)?,
        }),
        Wire::Presence(watch) => Command::Presence(Watch {
            watch: ids("watch", &watch.watch, UserId::from_bytes)?,
            unwatch: ids("unwatch", &watch.unwatch, UserId::from_bytes)?,
        }),
        Wire::Status(status) => Command::Status(Status {
            availability: word("availability", &status.availability)?,
        }),
        Wire::Focus(focus) => Command::Focus(read_focus(focus)?),
        Wire::Token(token) => Command::Token(Token { token: token.token }),
        Wire::Ping(ping) => Command::Ping(Ping {
            sent_at_ms: client_number("sent_at_ms", ping.sent_at_ms)?,
        }),
    })
}

fn room(bytes: &[u8]) -> Result<RoomId, Fault> {
    id("room", bytes, RoomId::from_bytes)
}

fn read_send(send: schema::Send) -> Result<Send, Fault> {
    Ok(Send {
        room: room(&send.room)?,
        client_id: id("client_id", &send.client_id, ClientId::from_bytes)?,
        text: send.text,
        reply_to: send.reply_to.map(Seq),
        mentions: ids("mentions", &send.mentions, UserId::from_bytes)?,
        metadata: object("metadata", &send.metadata_json)?,
    })
}

fn read_mark(mark: &schema::Mark) -> Result<Mark, Fault> {
    Ok(Mark {
        room: room(&mark.room)?,
        seq: Seq(mark.seq),
    })
}

fn read_focus(focus: schema::Focus) -> Result<Focus, Fault> {
    let rooms = focus
        .rooms
        .map(|list| ids("rooms", &list.rooms, RoomId::from_bytes));
    Ok(Focus {
        rooms: rooms.transpose()?,
    })
}
