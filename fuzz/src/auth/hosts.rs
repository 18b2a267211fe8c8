//! What tokens of host applications claim, once their signatures were found good: a host's user may
//! have chosen most of it.
//!
//! Properties: who is taken has this issuer and audience, a subject within its limit, and time left;
//! the same claims give the same user and the same login; the login is told from a session of ours.

#[expect(dead_code, reason = "the rest is for the server")]
#[path = "../../../crates/server/src/auth/hosts/claims.rs"]
mod claims;

use serde_json::{Map, Value};
use tidings_domain::{SessionId, Timestamp, UserId};

use self::claims::{Expectations, HostUser, is_login};

const NOW: Timestamp = Timestamp(1_763_850_000_000);

/// Holds one input against the properties.
pub fn run(data: &[u8]) {
    let Ok(claims) = serde_json::from_slice::<Map<String, Value>>(data) else {
        return;
    };
    for audience in [Some("chat".to_owned()), None] {
        let expected = Expectations {
            issuer: "app".to_owned(),
            audience,
            username_claim: Some("preferred_username".to_owned()),
            name_claim: "name".to_owned(),
            leeway_ms: 5_000,
        };
        let read = HostUser::read(&claims, &expected, NOW);
        assert_eq!(HostUser::read(&claims, &expected, NOW), read);
        match read {
            Ok(user) => is_as_claimed(&user, &claims, &expected),
            Err(why) => crate::is_brief(&why.to_string()),
        }
    }
}

fn is_as_claimed(user: &HostUser, claims: &Map<String, Value>, expected: &Expectations) {
    assert_eq!(claims["iss"], "app");
    assert_eq!(claims["sub"], user.subject.as_str());
    assert!((1..=255).contains(&user.subject.len()));
    assert_eq!(user.id, UserId::from_subject("app", &user.subject));
    assert!(user.expires_at > NOW);
    assert!(is_login(SessionId::from_bytes(user.login)));
    if expected.audience.is_some() {
        let named = &claims["aud"];
        let among = named
            .as_array()
            .is_some_and(|all| all.contains(&"chat".into()));
        assert!(*named == "chat" || among);
    }
}

/// Good tokens' claims, with an audience in each of its forms.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    [
        r#"{"iss":"app","sub":"7","aud":"chat","exp":1763850060}"#,
        r#"{"iss":"app","sub":"7","aud":["x","chat"],"exp":1763850060.5,"nbf":1763850000,"jti":"a"}"#,
        r#"{"iss":"app","sub":"7","exp":1e11,"iat":1,"name":" Ana ","preferred_username":"Ana"}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
