//! Tokens of host applications (JWT, RFC 7519): their users are ours from the first token on.
//!
//! *Invariant*: the algorithm is the configured one, never the token's; no claim is used before
//! the signature was checked, except that the issuer's name picks whose keys to check it with.
//! Leaves what claims mean to [`claims`], keys to [`keys`], fetching them to [`remote`], and making
//! users to [`newcomers`].

mod claims;
mod keys;
mod newcomers;
mod remote;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Map, Value};
use tidings_domain::{DeviceId, SessionId};
use tidings_protocol::error::ErrorCode;

pub(super) use self::claims::is_login as is_host_login;
use self::claims::{Expectations, HostUser, Refused};
use self::keys::KeySet;
use self::newcomers::Newcomers;
use self::remote::RemoteKeys;
use super::caller::UserCaller;
use crate::app::App;
use crate::config::{Auth, JwtAlgorithm, JwtIssuer, JwtKey};
use crate::rest::problem::ApiError;

pub use self::keys::KeyError;
pub use self::remote::AddressError;

/// Bytes of a token.
const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// Checks tokens of host applications, and makes their users.
pub struct HostTokens {
    entries: Vec<Entry>,
    newcomers: Newcomers,
}

/// One way to sign tokens, as configured.
struct Entry {
    expected: Expectations,
    validation: Validation,
    keys: Keys,
}

enum Keys {
    /// A secret or a public key, for every token.
    One(Box<DecodingKey>),
    /// From a file.
    Set(Arc<KeySet>),
    /// From an address.
    Remote(Arc<RemoteKeys>),
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let code = match refused {
            Refused::Expired => ErrorCode::TokenExpired,
            _ => ErrorCode::Unauthenticated,
        };
        Self::with(code, refused.to_string())
    }
}

/// What is wrong with a configured host application.
#[derive(Debug, thiserror::Error)]
#[error("auth.jwt number {number} ({issuer}): {cause}")]
pub struct HostTokensError {
    /// Which of them, from 1.
    pub number: usize,
    /// Its issuer.
    pub issuer: String,
    /// What is wrong.
    #[source]
    pub cause: EntryError,
}

/// Why a host application's key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// The file cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// What is in it is no good key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The address cannot be asked.
    #[error(transparent)]
    Address(#[from] AddressError),
}

impl HostTokens {
    /// Reads the keys of the configured host applications. Those at an address are fetched at the
    /// first token.
    ///
    /// # Errors
    /// [`HostTokensError`] says which application's key cannot be used, and why.
    pub fn new(config: &Auth) -> Result<Self, HostTokensError> {
        let entries = config.jwt.iter().enumerate().map(|(index, configured)| {
            Entry::new(configured).map_err(|cause| HostTokensError {
                number: index + 1,
                issuer: configured.issuer.clone(),
                cause,
            })
        });
        Ok(Self {
            entries: entries.collect::<Result<_, _>>()?,
            newcomers: Newcomers::default(),
        })
    }

    /// The user whom a token names, made at first sight.
    ///
    /// # Errors
    /// `token_expired` for a token that was good, `unauthenticated` for any other, `unavailable`
    /// when the user cannot be looked up.
    pub async fn user_of(&self, app: &App, token: &str) -> Result<UserCaller, ApiError> {
        let user = self.check(app, token).await?;
        self.newcomers.welcome(&app.engine, &user).await?;
        Ok(UserCaller {
            user: user.id,
            session: SessionId::from_bytes(user.login),
            device: DeviceId::from_bytes(user.login),
            expires_at: user.expires_at,
        })
    }

    /// Tries each entry of the token's issuer; says of a failure how near the best one came.
    async fn check(&self, app: &App, token: &str) -> Result<HostUser, Refused> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Refused::Malformed);
        }
        let issuer = claimed_issuer(token)?;
        let mut refused = Refused::Issuer;
        for entry in self
            .entries
            .iter()
            .filter(|entry| entry.expected.issuer == issuer)
        {
            match entry.check(app, token).await {
                Ok(user) => return Ok(user),
                Err(why) => refused = refused.max(why),
            }
        }
        Err(refused)
    }
}

impl Entry {
    fn new(configured: &JwtIssuer) -> Result<Self, EntryError> {
        let algorithm = algorithm(configured.algorithm);
        let keys = match &configured.key {
            JwtKey::Secret(secret) => Keys::one(keys::secret(secret.expose().as_bytes())?),
            JwtKey::SecretFile(path) => Keys::one(keys::secret(file(path)?.trim_ascii())?),
            JwtKey::PublicKeyFile(path) => Keys::one(keys::public_key(&file(path)?, algorithm)?),
            JwtKey::JwksFile(path) => Keys::Set(Arc::new(KeySet::read(&file(path)?, algorithm)?)),
            JwtKey::JwksUrl(url) => Keys::Remote(RemoteKeys::new(url, algorithm)?),
        };
        let expected = Expectations {
            issuer: configured.issuer.clone(),
            audience: configured.audience.clone(),
            username_claim: configured.username_claim.clone(),
            name_claim: configured.name_claim.clone(),
            leeway_ms: i64::try_from(configured.leeway_s * 1_000).unwrap_or(i64::MAX),
        };
        Ok(Self {
            expected,
            validation: signature_only(algorithm),
            keys,
        })
    }

    async fn check(&self, app: &App, token: &str) -> Result<HostUser, Refused> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Refused::Malformed)?;
        // What must be understood, and is not, makes a token invalid (RFC 7515, section 4.1.11).
        if header.crit.is_some() {
            return Err(Refused::Malformed);
        }
        if !self.validation.algorithms.contains(&header.alg) {
            return Err(Refused::Algorithm);
        }
        let kid = header.kid.as_deref();
        let set = match &self.keys {
            Keys::One(key) => return self.check_with(app, token, &[key.as_ref()]),
            Keys::Set(set) => set.clone(),
            Keys::Remote(remote) => remote.keys(kid, app.engine.clock.monotonic_ms()).await,
        };
        self.check_with(app, token, &set.meant(kid))
    }

    fn check_with(
        &self,
        app: &App,
        token: &str,
        keys: &[&DecodingKey],
    ) -> Result<HostUser, Refused> {
        let mut refused = Refused::Key;
        for key in keys {
            match jsonwebtoken::decode::<Map<String, Value>>(token, key, &self.validation) {
                Ok(good) => {
                    return HostUser::read(&good.claims, &self.expected, app.engine.clock.now());
                }
                Err(_) => refused = Refused::Signature,
            }
        }
        Err(refused)
    }
}

impl Keys {
    fn one(key: DecodingKey) -> Self {
        Self::One(Box::new(key))
    }
}

fn file(path: &Path) -> Result<Vec<u8>, EntryError> {
    std::fs::read(path).map_err(|cause| EntryError::File {
        path: path.to_owned(),
        cause,
    })
}

const fn algorithm(configured: JwtAlgorithm) -> Algorithm {
    match configured {
        JwtAlgorithm::Hs256 => Algorithm::HS256,
        JwtAlgorithm::Rs256 => Algorithm::RS256,
        JwtAlgorithm::Es256 => Algorithm::ES256,
        JwtAlgorithm::EdDsa => Algorithm::EdDSA,
    }
}

/// Whose token it claims to be. Good for choosing keys, for nothing else.
fn claimed_issuer(token: &str) -> Result<String, Refused> {
    #[derive(Deserialize)]
    struct Claimed {
        iss: String,
    }
    let claimed: Claimed =
        jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|_| Refused::Malformed)?;
    Ok(claimed.iss)
}

/// Signature and algorithm only: [`HostUser::read`] checks the claims, by this process's clock.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}
