//! Signs in and prints what happens in all of one's rooms, through every cut of the connection.
//!
//! ```text
//! cargo run -p tidings-client --example listen -- http://127.0.0.1:8080 ana < password.txt
//! ```
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::sync::Arc;

use tidings_client::api::{Api, Session};
use tidings_client::chat::{Chat, ChatOptions};
use tidings_client::clock::{Clock, SystemClock};
use tidings_client::machine::Update;
use tidings_protocol::rest::session::SignIn;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(username)) = (arguments.next(), arguments.next()) else {
        return Err("usage: listen URL USERNAME, with the password as a line of input".into());
    };
    let mut password = String::new();
    std::io::stdin().read_line(&mut password)?;
    let password = password.trim_end().to_owned();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());

    let api = Api::new(&address)?;
    let who = SignIn {
        username,
        password,
        ..SignIn::default()
    };
    let session = Session::sign_in(&api, clock.clone(), &who).await?;
    let rooms = session.rooms().await?;
    println!("in {} rooms", rooms.rooms.len());

    // The list and the stream touch: the stream begins where the list was read.
    let options = ChatOptions {
        cursor: Some(rooms.cursor),
        ..ChatOptions::default()
    };
    let (_chat, mut updates) = Chat::open(Arc::new(session), options);
    while let Some(update) = updates.recv().await {
        let seconds = clock.monotonic_ms() / 1_000;
        match update {
            Update::Event(event) => {
                println!(
                    "{seconds:>5} s {} {} {:?}",
                    event.room, event.seq, event.body
                );
            }
            other => println!("{seconds:>5} s {other:?}"),
        }
    }
    Ok(())
}
