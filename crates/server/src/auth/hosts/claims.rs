//! What a token says, looked at only after its signature was checked.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use tidings_domain::name::{DisplayName, Username};
use tidings_domain::{SessionId, Timestamp, UserId};

/// Bytes of a subject. OpenID Connect Core, section 2, allows 255.
const SUBJECT_BYTES_MAX: usize = 255;

/// Why a token was refused: from the worst to what refreshing would cure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub(super) enum Refused {
    #[error("the token is neither one of this server nor a JWT")]
    Malformed,
    #[error("no application of this issuer is configured here")]
    Issuer,
    #[error("the token is signed in another way than configured")]
    Algorithm,
    #[error("the token names a key that its issuer does not have")]
    Key,
    #[error("the token's signature does not fit")]
    Signature,
    #[error("the token's claim `{0}` is missing or wrong")]
    Claim(&'static str),
    #[error("the token is meant for another audience")]
    Audience,
    #[error("the token is not valid yet")]
    Early,
    #[error("the token has expired")]
    Expired,
}

/// Which claims hold what, and for whom tokens must be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expectations {
    pub(super) issuer: String,
    pub(super) audience: Option<String>,
    pub(super) username_claim: Option<String>,
    pub(super) name_claim: String,
    pub(super) leeway_ms: i64,
}

/// A user of a host application, as a good token has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostUser {
    pub(super) id: UserId,
    pub(super) subject: String,
    /// `None` when the token does not say, or says what cannot be shown.
    pub(super) display_name: Option<DisplayName>,
    pub(super) username: Option<Username>,
    /// The sixteen bytes that name this login.
    pub(super) login: [u8; 16],
    /// Until when the token serves, leeway included.
    pub(super) expires_at: Timestamp,
}

impl HostUser {
    /// Checks a token's claims. That it has expired is said only of one that is right otherwise.
    pub(super) fn read(
        claims: &Map<String, Value>,
        expected: &Expectations,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        if text(claims, "iss") != Some(&expected.issuer) {
            return Err(Refused::Issuer);
        }
        check_audience(claims.get("aud"), expected.audience.as_deref())?;
        let subject = text(claims, "sub").ok_or(Refused::Claim("sub"))?;
        if subject.is_empty() || subject.len() > SUBJECT_BYTES_MAX {
            return Err(Refused::Claim("sub"));
        }
        if let Some(not_before) = time(claims, "nbf")?
            && now.plus_millis(expected.leeway_ms) < not_before
        {
            return Err(Refused::Early);
        }
        let expiry = time(claims, "exp")?.ok_or(Refused::Claim("exp"))?;
        let expires_at = expiry.plus_millis(expected.leeway_ms);
        if expires_at <= now {
            return Err(Refused::Expired);
        }
        Ok(Self {
            id: UserId::from_subject(&expected.issuer, subject),
            subject: subject.to_owned(),
            display_name: text(claims, &expected.name_claim)
                .and_then(|name| DisplayName::parse(name).ok()),
            username: (expected.username_claim.as_ref())
                .and_then(|claim| text(claims, claim))
                .and_then(|name| Username::parse(name).ok()),
            login: login(claims, &expected.issuer, subject),
            expires_at,
        })
    }
}

/// A token for somebody else is refused (RFC 7519, section 4.1.3), unless the configuration does
/// not say who we are.
fn check_audience(named: Option<&Value>, expected: Option<&str>) -> Result<(), Refused> {
    let Some(expected) = expected else {
        return Ok(());
    };
    let fits = match named {
        Some(Value::String(one)) => one == expected,
        Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(expected)),
        _ => false,
    };
    if fits { Ok(()) } else { Err(Refused::Audience) }
}

/// The same for the same login: by the token's id, or by when it was issued.
fn login(claims: &Map<String, Value>, issuer: &str, subject: &str) -> [u8; 16] {
    let distinct = ["jti", "iat", "exp"]
        .into_iter()
        .find_map(|name| claims.get(name));
    let distinct = distinct.map(Value::to_string).unwrap_or_default();
    let mut hash = Sha256::new();
    for part in ["host login", issuer, subject, &distinct] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let (login, _) = digest
        .split_first_chunk()
        .expect("sixteen are fewer than thirty-two");
    *uuid::Builder::from_custom_bytes(*login)
        .as_uuid()
        .as_bytes()
}

/// Whether a session is the login of a host application's user: those alone have ids of version 8
/// (RFC 9562), because they follow from tokens. The version stands in the seventh byte.
pub(in crate::auth) const fn is_login(session: SessionId) -> bool {
    session.as_bytes()[6] >> 4 == 8
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a String> {
    match claims.get(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// A `NumericDate` (RFC 7519, section 2): seconds, perhaps with a fraction.
fn time(claims: &Map<String, Value>, name: &'static str) -> Result<Option<Timestamp>, Refused> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let seconds = value
        .as_f64()
        .filter(|seconds| (0.0..1e12).contains(seconds));
    let seconds = seconds.ok_or(Refused::Claim(name))?;
    Ok(Some(Timestamp((seconds * 1_000.0) as i64)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn expected() -> Expectations {
        Expectations {
            issuer: "app".into(),
            audience: Some("chat".into()),
            username_claim: Some("preferred_username".into()),
            name_claim: "name".into(),
            leeway_ms: 5_000,
        }
    }

    fn read(changes: &Value) -> Result<HostUser, Refused> {
        let mut claims = json!({"iss": "app", "sub": "7", "aud": "chat", "exp": 1_060});
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        HostUser::read(claims.as_object().unwrap(), &expected(), NOW)
    }

    #[test]
    fn a_good_token_names_its_user() {
        let names = json!({"name": " Ana ", "preferred_username": "Ana"});
        let user = read(&names).unwrap();
        assert_eq!(user.id, UserId::from_subject("app", "7"));
        assert_eq!(user.display_name, DisplayName::parse("Ana").ok());
        assert_eq!(user.username, Username::parse("ana").ok());
        assert_eq!(user.expires_at, Timestamp(1_065_000));
    }

    #[test]
    fn names_that_deceive_are_passed_over() {
        let user = read(&json!({"name": "a\u{202e}b", "preferred_username": "a@b"})).unwrap();
        assert_eq!((user.display_name, user.username), (None, None));
        assert_eq!(read(&json!({"name": 7})).unwrap().display_name, None);
    }

    #[test]
    fn claims_that_are_wrong_are_refused_each_for_its_reason() {
        for (changes, why) in [
            (json!({"iss": "other"}), Refused::Issuer),
            (json!({"iss": ["app"]}), Refused::Issuer),
            (json!({"aud": "other"}), Refused::Audience),
            (json!({"aud": null}), Refused::Audience),
            (json!({"aud": ["a", 7]}), Refused::Audience),
            (json!({"sub": ""}), Refused::Claim("sub")),
            (json!({"sub": 7}), Refused::Claim("sub")),
            (json!({"sub": "x".repeat(256)}), Refused::Claim("sub")),
            (json!({"exp": "soon"}), Refused::Claim("exp")),
            (json!({"exp": null}), Refused::Claim("exp")),
            (json!({"exp": -1}), Refused::Claim("exp")),
            (json!({"exp": 1e300}), Refused::Claim("exp")),
            (json!({"nbf": 1_006}), Refused::Early),
            (json!({"nbf": "now"}), Refused::Claim("nbf")),
            (json!({"exp": 995}), Refused::Expired),
            (json!({"exp": 995, "aud": "other"}), Refused::Audience),
            (json!({"exp": 995, "nbf": 1_006}), Refused::Early),
        ] {
            assert_eq!(read(&changes), Err(why), "{changes}");
        }
    }

    #[test]
    fn the_leeway_forgives_clocks_that_differ_a_little() {
        assert!(read(&json!({"exp": 995.001})).is_ok());
        assert!(read(&json!({"nbf": 1_005})).is_ok());
        assert!(read(&json!({"aud": ["other", "chat"]})).is_ok());
    }

    #[test]
    fn without_a_configured_audience_any_will_do() {
        let expected = Expectations {
            audience: None,
            ..expected()
        };
        let claims = json!({"iss": "app", "sub": "7", "aud": "chat", "exp": 1_060});
        assert!(HostUser::read(claims.as_object().unwrap(), &expected, NOW).is_ok());
    }

    #[test]
    fn a_login_is_told_by_the_tokens_id_or_its_time() {
        let of = |changes: Value| read(&changes).unwrap().login;
        assert_eq!(
            of(json!({"jti": "a", "iat": 1})),
            of(json!({"jti": "a", "iat": 2}))
        );
        assert_ne!(of(json!({"jti": "a"})), of(json!({"jti": "b"})));
        assert_eq!(of(json!({"iat": 1, "exp": 1_061})), of(json!({"iat": 1})));
        assert_ne!(of(json!({"iat": 1})), of(json!({"iat": 2})));
        assert_ne!(of(json!({"sub": "8"})), of(json!({})));
    }

    #[test]
    fn a_login_is_told_from_a_session_of_ours() {
        let login = read(&json!({})).unwrap().login;
        assert!(is_login(SessionId::from_bytes(login)));
        assert!(!is_login(SessionId::from_uuid(crate::random::id())));
    }
}
