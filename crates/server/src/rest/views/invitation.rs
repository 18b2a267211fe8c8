//! Invitations as staff, and as who is invited, see them.

use tidings_domain::user::User;
use tidings_engine::commands::accept_invitation::Preview;
use tidings_engine::ports;
use tidings_protocol::rest::invitation::{Invitation, InvitationView, InvitedRoom};
use tidings_protocol::rest::person::Profile;

/// An invitation without its secret.
pub(crate) fn invitation(found: &ports::Invitation) -> Invitation {
    Invitation {
        id: found.id,
        created_by: found.created_by,
        created_at_ms: found.created_at,
        expires_at_ms: found.expires_at,
        uses: found.uses,
        uses_max: found.uses_max,
        code: None,
        url: None,
    }
}

/// An invitation that was just made.
pub(crate) fn made(invitation: &ports::NewInvitation) -> Invitation {
    Invitation {
        id: invitation.id,
        created_by: invitation.created_by,
        created_at_ms: invitation.created_at,
        expires_at_ms: invitation.expires_at,
        uses: 0,
        uses_max: invitation.uses_max,
        code: None,
        url: None,
    }
}

/// What who holds the code may see.
pub(crate) fn preview(preview: Preview, inviter: &User) -> InvitationView {
    let Preview {
        invitation,
        room,
        joined,
    } = preview;
    InvitationView {
        room: InvitedRoom {
            id: room.id,
            kind: room.kind,
            name: room.settings.name,
            description: room.settings.description,
            avatar_url: room.settings.avatar_url,
            members: room.members,
        },
        invited_by: Profile::from(inviter),
        expires_at_ms: invitation.expires_at,
        joined,
    }
}
