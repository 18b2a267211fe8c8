//! Bodies of requests and of answers: what the server reads from anyone, and a client from a server.
//!
//! Properties: what is taken is written as JSON that is taken again and written the same; what is
//! refused names a field and says why, in few words.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tidings_protocol::error::Problem;
use tidings_protocol::json;
use tidings_protocol::limits::Limits;
use tidings_protocol::rest::{
    account, back_end, device, invitation, member, message, person, receipt, room, session, unread,
};

/// Reads a body as one kind, and holds it against the properties.
type Reader = fn(&[u8]);

fn survives<T: DeserializeOwned + Serialize>(bytes: &[u8]) {
    let taken: T = match json::read(bytes) {
        Ok(taken) => taken,
        Err(fault) => {
            assert!(!fault.field.is_empty(), "a fault of nothing");
            crate::is_brief(&fault.field);
            return crate::is_brief(&fault.detail);
        }
    };
    let written = write(&taken);
    let again: T = json::read(&written).unwrap_or_else(|fault| {
        let text = String::from_utf8_lossy(&written);
        panic!("{} is refused: {}: {}", text, fault.field, fault.detail)
    });
    assert_eq!(write(&again), written);
}

fn write(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("bodies have string keys only")
}

/// Every kind of body; the first byte of an input chooses.
const READERS: [Reader; 46] = [
    survives::<account::SignUp>,
    survives::<account::GuestSignUp>,
    survives::<account::ChangePassword>,
    survives::<account::ChangeMe>,
    survives::<account::ChangePrivacy>,
    survives::<account::Me>,
    survives::<back_end::PutUser>,
    survives::<back_end::OpenSession>,
    survives::<device::ChangeDevice>,
    survives::<device::Devices>,
    survives::<invitation::CreateInvitation>,
    survives::<invitation::Invitation>,
    survives::<invitation::Invitations>,
    survives::<invitation::InvitationView>,
    survives::<member::PutMember>,
    survives::<member::Member>,
    survives::<member::Members>,
    survives::<member::Ban>,
    survives::<member::Bans>,
    survives::<message::SendMessage>,
    survives::<message::Sent>,
    survives::<message::Message>,
    survives::<message::Page>,
    survives::<message::Events>,
    survives::<person::Profile>,
    survives::<person::People>,
    survives::<person::PresenceList>,
    survives::<receipt::PutReceipt>,
    survives::<receipt::OwnReceipt>,
    survives::<receipt::ReceiptList>,
    survives::<room::CreateRoom>,
    survives::<room::ChangeRoom>,
    survives::<room::Room>,
    survives::<room::MembershipView>,
    survives::<room::Rooms>,
    survives::<room::Directory>,
    survives::<session::SignIn>,
    survives::<session::RefreshSession>,
    survives::<session::Session>,
    survives::<session::Sessions>,
    survives::<session::SocketTicket>,
    survives::<unread::UnreadList>,
    survives::<unread::UnreadExplained>,
    survives::<unread::MarkUnread>,
    survives::<Problem>,
    survives::<Limits>,
];

/// Holds one input against the properties: the kind, then the body.
pub fn run(data: &[u8]) {
    if let Some((kind, body)) = data.split_first() {
        READERS[usize::from(*kind) % READERS.len()](body);
    }
}

const ID: &str = "01010101-0101-0101-0101-010101010101";

/// Bodies of the kinds that say most.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let profile = format!(
        r#"{{"id":"{ID}","username":"ana","display_name":"Ana","avatar_url":null,"status_text":"tea","origin":"guest"}}"#
    );
    let message = format!(
        r#"{{"room":"{ID}","seq":4,"sender":"{ID}","at_ms":5,"text":"hi","reply_to":2,"mentions":["{ID}"],"metadata":{{"a":1.5}}}}"#
    );
    let bodies: [(u8, String); 15] = [
        (
            0,
            r#"{"username":"ana","password":"correct horse","display_name":"Ana"}"#.to_owned(),
        ),
        (
            3,
            r#"{"display_name":"Ana","avatar_url":null,"status_text":"tea"}"#.to_owned(),
        ),
        (4, r#"{"presence":"nobody","receipts":false}"#.to_owned()),
        (10, r#"{"expires_in_s":3600,"uses_max":5}"#.to_owned()),
        (14, r#"{"role":"admin"}"#.to_owned()),
        (
            19,
            format!(r#"{{"text":"hi","reply_to":3,"mentions":["{ID}"],"metadata":{{"k":[1]}}}}"#),
        ),
        (21, message.clone()),
        (
            22,
            format!(r#"{{"messages":[{message}],"before":1,"after":9,"head":9}}"#),
        ),
        (24, profile.clone()),
        (25, format!(r#"{{"people":[{profile}]}}"#)),
        (27, r#"{"delivered":5,"read":4}"#.to_owned()),
        (
            30,
            format!(r#"{{"kind":"group","name":"Tea","members":["{ID}"],"metadata":{{}}}}"#),
        ),
        (
            31,
            r#"{"name":"Tea","description":null,"archived":true,"slow_mode_s":5}"#.to_owned(),
        ),
        (
            36,
            r#"{"username":"ana","password":"correct horse"}"#.to_owned(),
        ),
        (
            44,
            r#"{"type":"x","title":"x","status":404,"code":"not_found","retryable":false}"#
                .to_owned(),
        ),
    ];
    let seed = |(kind, body): (u8, String)| [&[kind], body.as_bytes()].concat();
    bodies.into_iter().map(seed).collect()
}
