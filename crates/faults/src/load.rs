//! Who speaks when: sends at a steady rate, whatever becomes of those before.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::dice::Dice;
use crate::member::Member;

/// Sends go on until it is dropped.
pub(crate) struct Load {
    task: JoinHandle<()>,
}

impl Load {
    /// Begins: a member and one of their rooms are drawn for each send.
    pub(crate) fn start(members: Arc<Vec<Member>>, sends_per_s: u32, mut dice: Dice) -> Self {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / sends_per_s);
        let task = tokio::spawn(async move {
            loop {
                ticks.tick().await;
                let member = &members[dice.index(members.len())];
                let rooms = &member.person.rooms;
                if !rooms.is_empty() {
                    member.say(rooms[dice.index(rooms.len())].0);
                }
            }
        });
        Self { task }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.task.abort();
    }
}
