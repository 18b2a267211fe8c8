//! Passwords: argon2id with the parameters that OWASP recommends (19 MiB, two passes, one lane).
//!
//! Hashing is made to be slow and large, so it runs apart from the network's threads, and only a
//! few at a time. *Limit*: who waits too long for a turn is refused as overloaded.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tidings_domain::limits::{PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN};
use tidings_engine::refusal::Refusal;
use tokio::sync::Semaphore;

/// KiB, passes, lanes.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// Longest wait for a turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Hashes and checks.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// What is checked when there is no such user, so that nobody can tell by the time it takes.
    decoy: Arc<str>,
}

impl Passwords {
    /// At most `parallel` at a time.
    #[must_use]
    pub fn new(parallel: usize) -> Self {
        let decoy = hash("nobody has this password").into();
        Self {
            turns: Arc::new(Semaphore::new(parallel.max(1))),
            decoy,
        }
    }

    /// The PHC string of a new password.
    ///
    /// # Errors
    /// A password that is too short or too long, or too many others wait.
    pub async fn hash(&self, password: String) -> Result<String, Refusal> {
        if !(PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX).contains(&password.len()) {
            let detail = format!("from {PASSWORD_BYTES_MIN} to {PASSWORD_BYTES_MAX} bytes");
            return Err(Refusal::invalid("password", &detail));
        }
        self.apart(move || hash(&password)).await
    }

    /// Whether a password is the one that was hashed; takes as long when there is no hash.
    ///
    /// # Errors
    /// Too many others wait.
    pub async fn is_right(&self, password: String, hash: Option<String>) -> Result<bool, Refusal> {
        if password.len() > PASSWORD_BYTES_MAX {
            return Ok(false);
        }
        let exists = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.to_string());
        let matches = self.apart(move || verify(&password, &hash)).await?;
        Ok(matches && exists)
    }

    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let turn = turn
            .map_err(|_| Refusal::Overloaded)?
            .map_err(|_| Refusal::Overloaded)?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|_| Refusal::Overloaded)
    }
}

fn argon2id() -> Argon2<'static> {
    let (memory_kib, passes, lanes) = COST;
    let params = Params::new(memory_kib, passes, lanes, None).expect("the cost is in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &str) -> String {
    let hash = argon2id().hash_password(password.as_bytes());
    hash.expect("the password is short and the salt is the system's")
        .to_string()
}

fn verify(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        argon2id()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_right_password_passes_and_no_other() {
        let passwords = Passwords::new(1);
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert_eq!(
            passwords
                .is_right("correct horse".into(), Some(hash.clone()))
                .await,
            Ok(true)
        );
        assert_eq!(
            passwords.is_right("wrong horse".into(), Some(hash)).await,
            Ok(false)
        );
        assert_eq!(
            passwords.is_right("correct horse".into(), None).await,
            Ok(false)
        );
        let decoy = "nobody has this password";
        assert_eq!(passwords.is_right(decoy.into(), None).await, Ok(false));
    }

    #[tokio::test]
    async fn a_short_password_is_refused_before_it_costs_anything() {
        let refused = Passwords::new(1).hash("short".into()).await;
        assert!(matches!(
            refused,
            Err(Refusal::Invalid {
                field: "password",
                ..
            })
        ));
    }
}
