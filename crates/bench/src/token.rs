//! A made-up host application and its users: whoever holds its secret can sign anybody in, without
//! the cost of a password.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::Sha256;
use tidings_domain::UserId;

/// A host application whose tokens the server takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Host {
    /// The `iss` of its tokens.
    pub(crate) issuer: String,
    /// By which they are signed (HS256), 32 bytes or more.
    pub(crate) secret: String,
    /// The `exp` of its tokens: one for all, so that a user has one login in the whole run.
    pub(crate) expires_at_s: u64,
}

impl Host {
    /// The id that the server gives to a user.
    pub(crate) fn user_id(&self, user: u32) -> UserId {
        UserId::from_subject(&self.issuer, &subject(user))
    }

    /// A user's token (RFC 7519).
    pub(crate) fn token(&self, user: u32) -> String {
        let claims = json!({
            "iss": self.issuer,
            "sub": subject(user),
            "name": format!("User {user}"),
            "exp": self.expires_at_s,
        });
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes())
            .expect("HMAC takes keys of any length");
        mac.update(signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        format!("{signed}.{signature}")
    }
}

fn subject(user: u32) -> String {
    format!("user-{user}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_signed_over_its_header_and_claims() {
        let host = Host {
            issuer: "bench".into(),
            secret: "0123456789abcdef0123456789abcdef".into(),
            expires_at_s: 2_000_000_000,
        };
        let token = host.token(7);
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(parts.len(), 3);
        let claims = URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["sub"], "user-7");
        assert_eq!(claims["exp"], 2_000_000_000_u64);
        let mut mac = Hmac::<Sha256>::new_from_slice(host.secret.as_bytes()).unwrap();
        mac.update(format!("{}.{}", parts[0], parts[1]).as_bytes());
        let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
        assert!(mac.verify_slice(&signature).is_ok());
        assert_ne!(host.token(7), host.token(8));
    }
}
