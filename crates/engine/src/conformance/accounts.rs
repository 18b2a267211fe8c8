//! What every adapter promises about users and API keys.

use tidings_domain::name::{DisplayName, Username};
use tidings_domain::user::{Audience, Privacy, User, UserOrigin};
use tidings_domain::{ApiKeyId, Timestamp, UserId};

use super::stage::{ANA, BOB, CLEO, NOON, Stage};
use crate::ports::{ApiKey, NewAccount, Outcome, Refresh, SignUp, Store, UserChange, Write};

fn username(text: &str) -> Username {
    Username::parse(text).expect("the suites give only good names")
}

fn display(text: &str) -> DisplayName {
    DisplayName::parse(text).expect("the suites give only good names")
}

fn user(id: UserId, name: Option<&str>, shown: &str) -> User {
    User {
        id,
        origin: UserOrigin::External,
        username: name.map(username),
        display_name: display(shown),
        avatar_url: None,
        status_text: None,
        privacy: Privacy::default(),
        created_at: NOON,
        last_seen_at: None,
    }
}

fn account(id: UserId, name: &str) -> NewAccount {
    let origin = UserOrigin::Account;
    NewAccount {
        user: User {
            origin,
            ..user(id, Some(name), name)
        },
        password_hash: format!("hash of {name}"),
    }
}

/// The secret is made once.
pub async fn the_secret_stays_the_same(store: Store) {
    let secret = store.accounts.secret().await.unwrap();
    assert_eq!(store.accounts.secret().await.unwrap(), secret);
    assert_ne!(secret, [0; 32]);
}

/// A username is one user's; a retried sign-up is told whose.
pub async fn a_username_belongs_to_one_user(store: Store) {
    let accounts = &store.accounts;
    let made = accounts.sign_up(account(ANA, "ana")).await.unwrap();
    assert_eq!(made, SignUp::Made);
    for id in [ANA, BOB] {
        let again = accounts.sign_up(account(id, "ana")).await.unwrap();
        assert_eq!(again, SignUp::UsernameTaken(ANA));
    }
    assert_eq!(accounts.user(BOB).await.unwrap(), None);
    let stored = accounts.user(ANA).await.unwrap();
    assert_eq!(stored, Some(account(ANA, "ana").user));
    let found = accounts.users(&[BOB, ANA]).await.unwrap();
    assert_eq!(found, [account(ANA, "ana").user]);
}

/// Credentials are an account's, and passwords can be changed.
pub async fn credentials_are_found_by_username(store: Store) {
    let accounts = &store.accounts;
    accounts.sign_up(account(ANA, "ana")).await.unwrap();
    accounts
        .provision(user(BOB, Some("bob"), "Bob"), Refresh::Keep)
        .await
        .unwrap();
    let hash = async |name| {
        let found = accounts.credentials(&username(name)).await.unwrap();
        found.map(|(user, hash)| (user.id, hash))
    };
    assert_eq!(hash("ana").await, Some((ANA, "hash of ana".to_owned())));
    assert_eq!(hash("bob").await, None, "he has no password");
    assert_eq!(hash("cleo").await, None);
    accounts
        .set_password_hash(ANA, "new".to_owned())
        .await
        .unwrap();
    assert_eq!(
        accounts.password_hash(ANA).await.unwrap().as_deref(),
        Some("new")
    );
    accounts
        .set_password_hash(CLEO, "none".to_owned())
        .await
        .unwrap();
    assert_eq!(accounts.password_hash(CLEO).await.unwrap(), None);
}

/// A user is made at first sight, and brought up to date only if that is asked for.
pub async fn a_user_is_provisioned_at_first_sight(store: Store) {
    let accounts = &store.accounts;
    let first = user(ANA, Some("ana"), "Ana");
    let made = accounts
        .provision(first.clone(), Refresh::Names)
        .await
        .unwrap();
    assert_eq!(made, first);
    let picture = Some("https://example.org/ana.png".to_owned());
    let renamed = User {
        avatar_url: picture.clone(),
        ..user(ANA, Some("ana.b"), "Ana B.")
    };
    let kept = accounts
        .provision(renamed.clone(), Refresh::Keep)
        .await
        .unwrap();
    assert_eq!(kept, first);
    let fresh = accounts
        .provision(renamed.clone(), Refresh::Names)
        .await
        .unwrap();
    assert_eq!(fresh, renamed);
    let bare = accounts
        .provision(user(ANA, None, "Ana"), Refresh::Names)
        .await
        .unwrap();
    assert_eq!(
        (bare.avatar_url, bare.username),
        (picture, Some(username("ana.b")))
    );
    assert_eq!(bare.display_name, display("Ana"));
}

/// A provisioned user does not take another's username.
pub async fn a_provisioned_user_takes_nobodys_username(store: Store) {
    let accounts = &store.accounts;
    accounts.sign_up(account(ANA, "ana")).await.unwrap();
    let offered = user(BOB, Some("ana"), "Bob");
    let made = accounts.provision(offered, Refresh::Names).await.unwrap();
    assert_eq!((made.username, made.display_name), (None, display("Bob")));
    let named = user(BOB, Some("bob"), "Bob");
    accounts.provision(named, Refresh::Names).await.unwrap();
    let offered = user(BOB, Some("ana"), "Robert");
    let fresh = accounts.provision(offered, Refresh::Names).await.unwrap();
    assert_eq!(fresh.username, Some(username("bob")));
    assert_eq!(fresh.display_name, display("Robert"));
}

/// What is not named in a change stays, and what is cleared is gone.
pub async fn a_change_changes_what_it_names(store: Store) {
    let accounts = &store.accounts;
    accounts.sign_up(account(ANA, "ana")).await.unwrap();
    let privacy = Privacy {
        receipts: Audience::Nobody,
        ..Privacy::default()
    };
    let change = UserChange {
        display_name: Some(display("Ana Banana")),
        avatar_url: Some(Some("https://example.org/a.png".to_owned())),
        status_text: Some(Some("away".to_owned())),
        privacy: Some(privacy),
    };
    let changed = accounts.change(ANA, change).await.unwrap().unwrap();
    assert_eq!(changed.privacy, privacy);
    let clear = UserChange {
        status_text: Some(None),
        ..UserChange::default()
    };
    let cleared = accounts.change(ANA, clear.clone()).await.unwrap().unwrap();
    assert_eq!(
        cleared,
        User {
            status_text: None,
            ..changed
        }
    );
    assert_eq!(accounts.user(ANA).await.unwrap(), Some(cleared));
    assert_eq!(accounts.change(BOB, clear).await.unwrap(), None);
}

/// When a user was last here only rises.
pub async fn last_seen_only_rises(store: Store) {
    let stage = Stage::new(store);
    let accounts = &stage.store.accounts;
    accounts.sign_up(account(ANA, "ana")).await.unwrap();
    for (at, expected) in [(50, 50), (40, 50), (60, 60)] {
        let at = Timestamp(at);
        let outcome = stage.write(Write::LastSeen { user: ANA, at }).await;
        assert_eq!(outcome, Outcome::Done);
        let seen = accounts.user(ANA).await.unwrap().unwrap().last_seen_at;
        assert_eq!(seen, Some(Timestamp(expected)));
    }
    let unknown = Write::LastSeen {
        user: BOB,
        at: NOON,
    };
    assert_eq!(stage.write(unknown).await, Outcome::Done);
}

/// People are found by the beginning of a username or any part of the name that is shown.
pub async fn people_are_found_by_their_names(store: Store) {
    let accounts = &store.accounts;
    accounts.sign_up(account(ANA, "ana")).await.unwrap();
    let bob = user(BOB, Some("xbob"), "Ånna's Pal 100%");
    accounts.provision(bob, Refresh::Keep).await.unwrap();
    let cleo = user(CLEO, None, "Cleo Änna");
    accounts.provision(cleo, Refresh::Keep).await.unwrap();
    let origin = UserOrigin::Guest;
    let guest = User {
        origin,
        ..user(UserId::from_bytes([9; 16]), None, "ana guest")
    };
    accounts.provision(guest, Refresh::Keep).await.unwrap();
    let found = async |query, after, limit| {
        let page = accounts.search(query, after, limit).await.unwrap();
        page.iter().map(|it| it.id).collect::<Vec<_>>()
    };
    assert_eq!(found("ANA", None, 10).await, [ANA]);
    assert_eq!(found("XB", None, 10).await, [BOB]);
    assert_eq!(found("bob", None, 10).await, [], "not within a username");
    assert_eq!(found("na", None, 10).await, [CLEO, ANA, BOB]);
    assert_eq!(found("ånNA", None, 10).await, [BOB]);
    assert_eq!(found("0%", None, 10).await, [BOB], "not a pattern");
    assert_eq!(found("", None, 10).await, [CLEO, ANA, BOB]);
    assert_eq!(found("", Some(CLEO), 1).await, [ANA]);
    assert_eq!(found("", Some(ANA), 10).await, [BOB]);
    assert_eq!(found("", Some(UserId::from_bytes([8; 16])), 10).await, []);
}

fn key(id: u8) -> ApiKey {
    ApiKey {
        id: ApiKeyId::from_bytes([id; 16]),
        name: format!("key {id}"),
        scopes: vec!["rooms".to_owned(), "a \"quoted\" one".to_owned()],
        created_at: NOON.plus_millis(i64::from(id)),
    }
}

/// An API key is found by its hash until it is revoked.
pub async fn an_api_key_lives_until_it_is_revoked(store: Store) {
    let accounts = &store.accounts;
    for id in [2, 1] {
        accounts.create_api_key(key(id), [id; 32]).await.unwrap();
    }
    assert_eq!(accounts.api_key([1; 32]).await.unwrap(), Some(key(1)));
    assert_eq!(accounts.api_key([3; 32]).await.unwrap(), None);
    let mut all = accounts.api_keys().await.unwrap();
    all.sort_by_key(|key| key.created_at);
    assert_eq!(all, [key(1), key(2)]);
    assert!(accounts.revoke_api_key(key(1).id).await.unwrap());
    assert!(!accounts.revoke_api_key(key(1).id).await.unwrap());
    assert_eq!(accounts.api_key([1; 32]).await.unwrap(), None);
    assert_eq!(accounts.api_keys().await.unwrap(), [key(2)]);
}
