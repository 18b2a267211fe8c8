//! The subprotocol `tidings.v1.proto`: the same types, written by protobuf.
//!
//! `proto/tidings.proto` is the schema; its generated types stay in here. *Limit*: nested messages
//! are read at most 100 deep (prost's own bound), and the schema nests four.

mod read;
mod write;

/// The types that are generated from the schema.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::doc_markdown,
    clippy::large_enum_variant,
    reason = "generated"
)]
pub(crate) mod schema {
    include!(concat!(env!("OUT_DIR"), "/tidings.v1.rs"));
}

mod read_command;
mod read_frame;

pub(crate) use read_command::decode_command;
pub(crate) use read_frame::decode_frame;
pub(crate) use write::{encode, encode_command, encode_event};
