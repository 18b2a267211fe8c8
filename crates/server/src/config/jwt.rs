//! Host applications whose tokens are taken: who issues them, and by which key they are checked.

use std::fmt;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::DeValue;

use super::address::KeysUrl;
use super::choice::JwtAlgorithm;
use super::refusal::Fault;
use super::section::{Reader, Section as _, section};
use super::setting::{Raw, Setting, Word, mismatch, quoted, word_setting};

/// Bytes of a shared secret, at least: as many as the hash has (RFC 7518, section 3.2).
const SECRET_BYTES_MIN: usize = 32;

section! {
    /// A host application whose users come with its own tokens (JWT). One `[[auth.jwt]]` each; its
    /// users are made here at first sight. To replace a key, let two tables with the same `issuer`
    /// stand beside each other for a while. Give the key in exactly one way: `secret` or
    /// `secret_file` for HS256; `public_key_file`, `jwks_url` or `jwks_file` for the others.
    pub(super) JwtTable("auth.jwt") {
        /// Required. The `iss` of its tokens; what tells one host application from another.
        issuer: Option<String> = None;
        /// The `aud` that its tokens must have. When not set, a token that names one is refused.
        audience: Option<String> = None;
        /// Required. How its tokens are signed. A token that names another way is refused.
        algorithm: Option<JwtAlgorithm> = None;
        /// The shared secret itself, 32 bytes or more. Better in a file: this is shown to whoever
        /// may read the configuration.
        secret: Option<Secret> = None;
        /// A file that holds the shared secret; line ends around it do not count.
        secret_file: Option<PathBuf> = None;
        /// A file with the public key in PEM.
        public_key_file: Option<PathBuf> = None;
        /// Where its keys are published (JWKS), over `https` or on this machine.
        jwks_url: Option<KeysUrl> = None;
        /// A file with its keys (JWKS).
        jwks_file: Option<PathBuf> = None;
        /// The claim that holds the username, often `preferred_username`. When not set, such users
        /// have none.
        username_claim: Option<String> = None;
        /// The claim that holds the name that others see.
        name_claim: String = "name".to_owned();
        /// Seconds that its clock and ours may differ when a token's times are looked at.
        leeway_s: u64 = 30, in 0..=300;
    }
}

/// One host application.
#[derive(Debug, Clone, PartialEq)]
pub struct JwtIssuer {
    /// The `iss` of its tokens.
    pub issuer: String,
    /// The `aud` that its tokens must have, if any.
    pub audience: Option<String>,
    /// The one algorithm that its tokens may name.
    pub algorithm: JwtAlgorithm,
    /// By which its tokens are checked.
    pub key: JwtKey,
    /// The claim that holds the username.
    pub username_claim: Option<String>,
    /// The claim that holds the name that others see.
    pub name_claim: String,
    /// Seconds that its clock and ours may differ.
    pub leeway_s: u64,
}

/// Where a host application's key is. The algorithm fits it.
#[derive(Debug, Clone, PartialEq)]
pub enum JwtKey {
    /// The shared secret.
    Secret(Secret),
    /// A file that holds the shared secret.
    SecretFile(PathBuf),
    /// A file with the public key in PEM.
    PublicKeyFile(PathBuf),
    /// Where its keys are published.
    JwksUrl(KeysUrl),
    /// A file with its keys.
    JwksFile(PathBuf),
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text, for the one place that uses it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl Word for Secret {
    const EXPECTS: &'static str = "a secret of 32 bytes or more";
    const EXAMPLE: &'static str = "<the output of: openssl rand -base64 32>";

    fn parse(text: &str) -> Result<Self, Option<String>> {
        if text.len() < SECRET_BYTES_MIN {
            // The value itself is not repeated: it would stand in a log.
            return Err(Some(format!("has less than {SECRET_BYTES_MIN} bytes")));
        }
        Ok(Self(text.to_owned()))
    }

    fn text(&self) -> String {
        "(hidden)".to_owned()
    }
}

word_setting!(Secret);

impl JwtTable {
    fn keys_given(&mut self) -> Vec<(&'static str, JwtKey)> {
        let given = [
            ("secret", self.secret.take().map(JwtKey::Secret)),
            (
                "secret_file",
                self.secret_file.take().map(JwtKey::SecretFile),
            ),
            (
                "public_key_file",
                self.public_key_file.take().map(JwtKey::PublicKeyFile),
            ),
            ("jwks_url", self.jwks_url.take().map(JwtKey::JwksUrl)),
            ("jwks_file", self.jwks_file.take().map(JwtKey::JwksFile)),
        ];
        given
            .into_iter()
            .filter_map(|(name, key)| Some((name, key?)))
            .collect()
    }

    fn into_issuer(mut self) -> Result<JwtIssuer, Vec<Fault>> {
        let mut keys = self.keys_given();
        let issuer = self
            .issuer
            .ok_or_else(|| missing("issuer", "\"https://app.example.org\""))?;
        let algorithm = self
            .algorithm
            .ok_or_else(|| missing("algorithm", "\"RS256\""))?;
        let ways = if algorithm == JwtAlgorithm::Hs256 {
            "secret or secret_file"
        } else {
            "public_key_file, jwks_url or jwks_file"
        };
        let names: Vec<&str> = keys.iter().map(|(name, _)| *name).collect();
        let (Some((_, key)), true) = (keys.pop(), names.len() == 1) else {
            let problem = match names.as_slice() {
                [] => "has no key".to_owned(),
                names => format!("has {} keys ({})", names.len(), names.join(", ")),
            };
            return Err(Fault::advised(
                problem,
                format!("write exactly one of {ways}"),
            ));
        };
        let is_shared = matches!(key, JwtKey::Secret(_) | JwtKey::SecretFile(_));
        if is_shared != (algorithm == JwtAlgorithm::Hs256) {
            let shown = algorithm.show().unwrap_or_default();
            let problem = format!("has algorithm = {shown}, which {} does not fit", names[0]);
            return Err(Fault::advised(problem, format!("write {ways}")));
        }
        let Self {
            audience,
            username_claim,
            name_claim,
            leeway_s,
            ..
        } = self;
        Ok(JwtIssuer {
            issuer,
            audience,
            algorithm,
            key,
            username_claim,
            name_claim,
            leeway_s,
        })
    }
}

fn missing(name: &str, example: &str) -> Vec<Fault> {
    Fault::advised(
        format!("has no {name}"),
        format!("write {name} = {example}"),
    )
}

impl Setting for JwtIssuer {
    fn expects() -> String {
        "a table as described under auth.jwt".to_owned()
    }

    fn example() -> String {
        "{ issuer = \"https://app.example.org\", algorithm = \"RS256\", public_key_file = \"app.pem\" }"
            .to_owned()
    }

    fn read(raw: Raw<'_>) -> Result<Self, Vec<Fault>> {
        let Raw::Toml(value) = raw else {
            return Err(mismatch::<Self>(raw));
        };
        let table = value
            .get_ref()
            .as_table()
            .ok_or_else(|| mismatch::<Self>(raw))?;
        let given = table
            .iter()
            .map(|(name, value)| (name.get_ref().to_string(), as_raw(value)));
        let mut reader = Reader::new(given.collect());
        let table = JwtTable::read(&mut reader);
        let faults = reader.finish(&JwtTable::keys());
        if !faults.is_empty() {
            return Err(faults);
        }
        table.into_issuer()
    }

    fn show(&self) -> Option<String> {
        let (name, key) = match &self.key {
            JwtKey::Secret(secret) => ("secret", secret.show()),
            JwtKey::SecretFile(path) => ("secret_file", path.show()),
            JwtKey::PublicKeyFile(path) => ("public_key_file", path.show()),
            JwtKey::JwksUrl(url) => ("jwks_url", url.show()),
            JwtKey::JwksFile(path) => ("jwks_file", path.show()),
        };
        let fields = [
            ("issuer", Some(quoted(&self.issuer))),
            ("audience", self.audience.show()),
            ("algorithm", self.algorithm.show()),
            (name, key),
            ("username_claim", self.username_claim.show()),
            ("name_claim", Some(quoted(&self.name_claim))),
            ("leeway_s", self.leeway_s.show()),
        ];
        let fields = fields
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} = {}", value?)));
        Some(format!("{{ {} }}", fields.collect::<Vec<_>>().join(", ")))
    }
}

fn as_raw<'a>(value: &'a Spanned<DeValue<'a>>) -> Raw<'a> {
    Raw::Toml(value)
}
