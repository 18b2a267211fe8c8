//! Who may do what in a room: one table, asked by every route and command.

use crate::member::Role;
use crate::room::RoomKind;

/// What somebody wants to do in a room that they are a member of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read history, members, receipts; hear events.
    Read,
    /// Send a message.
    Send,
    /// Tell that one is typing; send a signal.
    Signal,
    /// Change name, description, picture, settings, metadata; archive.
    ChangeRoom,
    /// Make, list and revoke invitations; add a user.
    Invite,
    /// Remove or ban a member of a lower role; lift a ban.
    Remove,
    /// Change the role of a member of a lower role, up to one's own.
    ChangeRole,
    /// Delete the room for all.
    DeleteRoom,
    /// Leave.
    Leave,
}

impl Action {
    /// All of them, for tables and tests.
    pub const ALL: [Self; 9] = [
        Self::Read,
        Self::Send,
        Self::Signal,
        Self::ChangeRoom,
        Self::Invite,
        Self::Remove,
        Self::ChangeRole,
        Self::DeleteRoom,
        Self::Leave,
    ];
}

/// The table. Nobody who is not a member is asked about here: to them the room does not exist.
#[must_use]
pub fn allows(kind: RoomKind, role: Role, action: Action) -> bool {
    use Action as A;
    if kind == RoomKind::Direct {
        return matches!(action, A::Read | A::Send | A::Signal);
    }
    let needed = match action {
        A::Read | A::Leave => Role::Reader,
        A::Send | A::Signal => Role::Member,
        A::Invite if kind == RoomKind::Group => Role::Member,
        A::Invite | A::Remove => Role::Moderator,
        A::ChangeRoom | A::ChangeRole => Role::Admin,
        A::DeleteRoom => Role::Owner,
    };
    role >= needed
}

/// Whether somebody of role `actor` may take a member of role `target` out, or change them: only
/// downwards, so that nobody removes an equal.
#[must_use]
pub fn outranks(actor: Role, target: Role) -> bool {
    actor > target
}

/// Whether `actor` may give the role `given`: not above one's own.
#[must_use]
pub fn may_grant(actor: Role, given: Role) -> bool {
    given <= actor
}

/// The role with which one enters a room of this kind without being given another.
#[must_use]
pub const fn entry_role(kind: RoomKind) -> Role {
    match kind {
        RoomKind::Live => Role::Reader,
        RoomKind::Direct | RoomKind::Group | RoomKind::Channel => Role::Member,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 5] = [
        Role::Reader,
        Role::Member,
        Role::Moderator,
        Role::Admin,
        Role::Owner,
    ];

    /// One letter a role that may: r(eader) m(ember) M(oderator) a(dmin) o(wner).
    fn row(kind: RoomKind, action: Action) -> String {
        ROLES
            .iter()
            .zip("rmMao".chars())
            .filter(|(role, _)| allows(kind, **role, action))
            .map(|(_, letter)| letter)
            .collect()
    }

    #[test]
    fn the_table_reads_as_documented() {
        let table = [
            (Action::Read, ["rmMao", "rmMao", "rmMao", "rmMao"]),
            (Action::Send, ["rmMao", "mMao", "mMao", "mMao"]),
            (Action::Signal, ["rmMao", "mMao", "mMao", "mMao"]),
            (Action::ChangeRoom, ["", "ao", "ao", "ao"]),
            (Action::Invite, ["", "mMao", "Mao", "Mao"]),
            (Action::Remove, ["", "Mao", "Mao", "Mao"]),
            (Action::ChangeRole, ["", "ao", "ao", "ao"]),
            (Action::DeleteRoom, ["", "o", "o", "o"]),
            (Action::Leave, ["", "rmMao", "rmMao", "rmMao"]),
        ];
        assert_eq!(table.len(), Action::ALL.len());
        let kinds = [
            RoomKind::Direct,
            RoomKind::Group,
            RoomKind::Channel,
            RoomKind::Live,
        ];
        for (action, rows) in table {
            for (kind, expected) in kinds.into_iter().zip(rows) {
                assert_eq!(row(kind, action), expected, "{action:?} in {kind:?}");
            }
        }
    }

    #[test]
    fn nobody_removes_an_equal_or_grants_above_themselves() {
        assert!(!outranks(Role::Admin, Role::Admin));
        assert!(outranks(Role::Owner, Role::Admin));
        assert!(!may_grant(Role::Admin, Role::Owner));
    }
}
