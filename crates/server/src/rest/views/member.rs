//! Members as another member sees them: with the receipts that they show.

use tidings_domain::receipt::Watermarks;
use tidings_domain::{Membership, RoomId, UserId};
use tidings_engine::Engine;
use tidings_engine::catchup::shows_receipts;
use tidings_engine::ports::{self, Outage};
use tidings_engine::refusal::{Failure, Refusal};
use tidings_engine::rooms::RoomFacts;
use tidings_protocol::rest::member::{Ban, Member};
use tidings_protocol::rest::person::Profile;
use tidings_protocol::rest::receipt::ReceiptEntry;

/// Whose eyes, on which room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Onlooker {
    /// Who looks.
    pub(crate) user: UserId,
    /// At which room.
    pub(crate) room: RoomId,
    /// What it is like.
    pub(crate) facts: RoomFacts,
}

impl Onlooker {
    /// A member's watermarks as this onlooker may see them: one's own always; those of others in
    /// rooms that show any, without what their privacy hides.
    pub(crate) async fn receipt(
        &self,
        engine: &Engine,
        user: UserId,
        marks: Watermarks,
    ) -> Result<Option<Watermarks>, Outage> {
        if user == self.user {
            return Ok(Some(marks));
        }
        if !shows_receipts(self.facts.kind, self.facts.members) {
            return Ok(None);
        }
        engine
            .people
            .shown_receipt(user, marks)
            .await
            .map(|shown| Some(shown.marks))
    }

    /// Those of the members' receipts that are shown.
    pub(crate) async fn receipts(
        &self,
        engine: &Engine,
        members: Vec<(UserId, Watermarks)>,
    ) -> Result<Vec<ReceiptEntry>, Outage> {
        let mut shown = Vec::with_capacity(members.len());
        for (user, marks) in members {
            let receipt = self.receipt(engine, user, marks).await?;
            shown.extend(receipt.map(|marks| ReceiptEntry::new(user, marks)));
        }
        Ok(shown)
    }

    /// Members, in the order given.
    pub(crate) async fn members(
        &self,
        engine: &Engine,
        members: Vec<(Membership, Watermarks)>,
    ) -> Result<Vec<Member>, Outage> {
        let users: Vec<UserId> = members
            .iter()
            .map(|(membership, _)| membership.user)
            .collect();
        let people = engine.people.get_many(&users).await?;
        let mut shown = Vec::with_capacity(members.len());
        for (membership, marks) in members {
            let Some(person) = people.get(&membership.user) else {
                continue;
            };
            shown.push(Member {
                user: Profile::from(person.as_ref()),
                role: membership.role,
                joined_seq: membership.joined_seq,
                receipt: self.receipt(engine, membership.user, marks).await?,
            });
        }
        Ok(shown)
    }

    /// One member.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for who is none.
    pub(crate) async fn member(&self, engine: &Engine, user: UserId) -> Result<Member, Failure> {
        let gone = || Refusal::NotFound("member");
        let membership = engine.store.directory.membership(self.room, user).await?;
        let membership = membership.filter(Membership::is_current).ok_or_else(gone)?;
        let receipt = engine.store.history.receipt(self.room, user).await?;
        let marks = receipt.map(|(marks, _)| marks).unwrap_or_default();
        let mut shown = self.members(engine, vec![(membership, marks)]).await?;
        Ok(shown.pop().ok_or_else(gone)?)
    }
}

/// Who may not come back.
pub(crate) async fn bans(engine: &Engine, bans: Vec<ports::Ban>) -> Result<Vec<Ban>, Outage> {
    let users: Vec<UserId> = bans.iter().map(|ban| ban.user).collect();
    let people = engine.people.get_many(&users).await?;
    let shown = bans.into_iter().filter_map(|ban| {
        let user = Profile::from(people.get(&ban.user)?.as_ref());
        Some(Ban {
            user,
            banned_at_ms: ban.banned_at,
        })
    });
    Ok(shown.collect())
}
