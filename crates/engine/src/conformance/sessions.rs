//! What every adapter promises about sessions and devices.

use tidings_domain::name::{DisplayName, Username};
use tidings_domain::user::{Privacy, User, UserOrigin};
use tidings_domain::{DeviceId, SessionId, Timestamp, UserId};

use super::stage::{ANA, BOB};
use crate::ports::{
    Accounts, Device, NewAccount, NewSession, OpenedSession, Rotation, Session, SignUp, Store,
};

/// When the sessions here can no longer be refreshed, unless they were.
const END: Timestamp = Timestamp(100_000);
/// How long an old refresh token is still taken for the present one, in milliseconds.
const GRACE_MS: i64 = 10;

fn session(id: u8) -> SessionId {
    SessionId::from_bytes([id; 16])
}

fn device(id: u8) -> DeviceId {
    DeviceId::from_bytes([id; 16])
}

fn name(text: &str) -> DisplayName {
    DisplayName::parse(text).expect("the suites give only good names")
}

/// Session `id` on the device of the same number, at `at`.
fn new(user: UserId, id: u8, at: i64) -> NewSession {
    NewSession {
        id: session(id),
        user,
        device: device(id),
        device_name: name(&format!("device {id}")),
        created_at: Timestamp(at),
        expires_at: END,
    }
}

async fn people(store: &Store) -> &dyn Accounts {
    for (id, username) in [(ANA, "ana"), (BOB, "bob")] {
        let user = User {
            id,
            origin: UserOrigin::Account,
            username: Username::parse(username).ok(),
            display_name: name(username),
            avatar_url: None,
            status_text: None,
            privacy: Privacy::default(),
            created_at: Timestamp(0),
            last_seen_at: None,
        };
        let password_hash = "hash".to_owned();
        let account = NewAccount {
            user,
            password_hash,
        };
        assert_eq!(store.accounts.sign_up(account).await.unwrap(), SignUp::Made);
    }
    store.accounts.as_ref()
}

async fn open(accounts: &dyn Accounts, new: NewSession) {
    let opened = accounts.open_session(new, 10).await.unwrap();
    assert_eq!(opened, OpenedSession::Opened(Vec::new()));
}

async fn live(accounts: &dyn Accounts, user: UserId) -> Vec<SessionId> {
    let sessions = accounts.sessions(user).await.unwrap();
    sessions.iter().map(|it| it.id).collect()
}

/// A session is live until it is ended, by its own user.
pub async fn a_session_lives_until_it_is_ended(store: Store) {
    let accounts = people(&store).await;
    open(accounts, new(ANA, 1, 50)).await;
    let expected = Session {
        id: session(1),
        user: ANA,
        device: device(1),
        device_name: name("device 1"),
        created_at: Timestamp(50),
        last_used_at: Timestamp(50),
        expires_at: END,
    };
    assert_eq!(accounts.session(session(1)).await.unwrap(), Some(expected));
    assert!(!accounts.end_session(BOB, session(1)).await.unwrap());
    assert!(accounts.end_session(ANA, session(1)).await.unwrap());
    assert!(!accounts.end_session(ANA, session(1)).await.unwrap());
    assert_eq!(accounts.session(session(1)).await.unwrap(), None);
    assert_eq!(
        accounts.devices(ANA).await.unwrap().len(),
        1,
        "the device stays"
    );
}

/// All sessions but one end together, and those of others do not.
pub async fn all_sessions_but_one_are_ended(store: Store) {
    let accounts = people(&store).await;
    for id in 1..=3 {
        open(accounts, new(ANA, id, i64::from(id))).await;
    }
    open(accounts, new(BOB, 9, 1)).await;
    assert_eq!(
        live(accounts, ANA).await,
        [3, 2, 1].map(session),
        "the latest first"
    );
    let keep = Some(session(2));
    let mut ended = accounts.end_sessions(ANA, keep).await.unwrap();
    ended.sort();
    assert_eq!(ended, [session(1), session(3)]);
    assert_eq!(live(accounts, ANA).await, [session(2)]);
    assert_eq!(
        accounts.end_sessions(ANA, None).await.unwrap(),
        [session(2)]
    );
    assert_eq!(live(accounts, BOB).await, [session(9)]);
}

/// A device is one user's; its sessions share its name.
pub async fn a_device_belongs_to_one_user(store: Store) {
    let accounts = people(&store).await;
    open(accounts, new(ANA, 1, 10)).await;
    let foreign = NewSession {
        id: session(2),
        ..new(BOB, 1, 20)
    };
    let opened = accounts.open_session(foreign, 10).await.unwrap();
    assert_eq!(opened, OpenedSession::ForeignDevice);
    assert_eq!(live(accounts, BOB).await, []);
    let device_name = name("renamed");
    let again = NewSession {
        id: session(3),
        device_name,
        ..new(ANA, 1, 30)
    };
    open(accounts, again).await;
    let devices = accounts.devices(ANA).await.unwrap();
    let expected = Device {
        id: device(1),
        name: name("renamed"),
        created_at: Timestamp(10),
        last_used_at: Timestamp(30),
    };
    assert_eq!(devices, [expected]);
    let first = accounts.session(session(1)).await.unwrap().unwrap();
    assert_eq!(first.device_name, name("renamed"));
}

/// Beyond the limit, the devices that were unused for longest go, with their sessions.
pub async fn the_devices_unused_for_longest_make_room(store: Store) {
    let accounts = people(&store).await;
    for id in 1..=3 {
        open(accounts, new(ANA, id, i64::from(id))).await;
    }
    let used = accounts.rotate(session(1), 1, Timestamp(50), END, GRACE_MS);
    used.await.unwrap();
    let opened = accounts.open_session(new(ANA, 4, 60), 2).await.unwrap();
    let OpenedSession::Opened(mut ended) = opened else {
        panic!("should have been opened: {opened:?}");
    };
    ended.sort();
    assert_eq!(ended, [session(2), session(3)]);
    assert_eq!(live(accounts, ANA).await, [session(4), session(1)]);
    let devices = accounts.devices(ANA).await.unwrap();
    let ids: Vec<_> = devices.iter().map(|it| it.id).collect();
    assert_eq!(ids, [device(4), device(1)]);
    // The one just used stays, even if its clock is behind and nothing else may.
    let opened = accounts.open_session(new(ANA, 5, 1), 1).await.unwrap();
    assert!(matches!(opened, OpenedSession::Opened(ended) if ended.len() == 2));
    assert_eq!(live(accounts, ANA).await, [session(5)]);
}

/// Devices are renamed and removed by their user.
pub async fn a_device_is_renamed_and_removed_by_its_user(store: Store) {
    let accounts = people(&store).await;
    open(accounts, new(ANA, 1, 10)).await;
    let second = NewSession {
        id: session(2),
        ..new(ANA, 1, 20)
    };
    open(accounts, second).await;
    let rename = async |user| {
        let renamed = accounts.rename_device(user, device(1), name("phone")).await;
        renamed.unwrap().map(|it| it.name)
    };
    assert_eq!(rename(BOB).await, None);
    assert_eq!(rename(ANA).await, Some(name("phone")));
    assert_eq!(accounts.remove_device(BOB, device(1)).await.unwrap(), None);
    let mut ended = accounts
        .remove_device(ANA, device(1))
        .await
        .unwrap()
        .unwrap();
    ended.sort();
    assert_eq!(ended, [session(1), session(2)]);
    assert_eq!(accounts.remove_device(ANA, device(1)).await.unwrap(), None);
    assert_eq!(accounts.session(session(1)).await.unwrap(), None);
    open(accounts, new(BOB, 1, 30)).await;
}

async fn rotate(accounts: &dyn Accounts, generation: u64, now: i64) -> Result<u64, Rotation> {
    let end = END.plus_millis(now);
    let rotated = accounts.rotate(session(1), generation, Timestamp(now), end, GRACE_MS);
    match rotated.await.unwrap() {
        Rotation::Current {
            session: it,
            generation,
        } => {
            assert_eq!(Some(it), accounts.session(session(1)).await.unwrap());
            Ok(generation)
        }
        other => Err(other),
    }
}

/// Each refresh token counts once, and its successor is given again for a moment.
pub async fn a_refresh_token_turns_over(store: Store) {
    let accounts = people(&store).await;
    open(accounts, new(ANA, 1, 10)).await;
    assert_eq!(rotate(accounts, 1, 100).await, Ok(2));
    let turned = accounts.session(session(1)).await.unwrap().unwrap();
    assert_eq!(turned.last_used_at, Timestamp(100));
    assert_eq!(turned.expires_at, END.plus_millis(100));
    assert_eq!(rotate(accounts, 1, 110).await, Ok(2), "the answer was lost");
    assert_eq!(rotate(accounts, 2, 120).await, Ok(3));
    assert_eq!(rotate(accounts, 2, 121).await, Ok(3));
    let devices = accounts.devices(ANA).await.unwrap();
    assert_eq!(devices[0].last_used_at, Timestamp(120));
}

/// A token used a second time ends the session: somebody has a copy.
pub async fn a_reused_refresh_token_ends_the_session(store: Store) {
    let accounts = people(&store).await;
    open(accounts, new(ANA, 1, 10)).await;
    assert_eq!(rotate(accounts, 1, 100).await, Ok(2));
    assert_eq!(
        rotate(accounts, 1, 111).await,
        Err(Rotation::Reused),
        "too late"
    );
    assert_eq!(accounts.session(session(1)).await.unwrap(), None);
    assert_eq!(rotate(accounts, 2, 112).await, Err(Rotation::Gone));
    open(accounts, new(ANA, 1, 200)).await;
    assert_eq!(rotate(accounts, 1, 210).await, Ok(2));
    assert_eq!(rotate(accounts, 2, 211).await, Ok(3));
    assert_eq!(
        rotate(accounts, 1, 212).await,
        Err(Rotation::Reused),
        "two before"
    );
}

/// A token from the future proves nothing and ends nothing.
pub async fn a_refresh_token_from_the_future_ends_nothing(store: Store) {
    let accounts = people(&store).await;
    open(accounts, new(ANA, 1, 10)).await;
    for generation in [2, 7, u64::MAX] {
        assert_eq!(rotate(accounts, generation, 20).await, Err(Rotation::Gone));
    }
    assert_eq!(
        rotate(accounts, 0, 30).await,
        Err(Rotation::Reused),
        "there was none"
    );
}

/// An expired session cannot be refreshed, and is forgotten.
pub async fn an_expired_session_is_gone(store: Store) {
    let accounts = people(&store).await;
    open(accounts, new(ANA, 1, 10)).await;
    assert_eq!(rotate(accounts, 1, END.0).await, Err(Rotation::Gone));
    assert_eq!(live(accounts, ANA).await, []);
    open(accounts, new(ANA, 2, 10)).await;
    open(accounts, new(BOB, 3, 10)).await;
    let late = NewSession {
        expires_at: END.plus_millis(9),
        ..new(ANA, 4, END.0)
    };
    open(accounts, late).await;
    assert_eq!(live(accounts, ANA).await, [session(4)]);
    assert_eq!(live(accounts, BOB).await, [session(3)], "not Ana's");
}
