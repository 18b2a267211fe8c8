//! Host applications that sign tokens, with keys made for the test.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::pkcs8::LineEnding;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};

/// Made once: an RSA key takes its time.
static RSA: LazyLock<rsa::RsaPrivateKey> =
    LazyLock::new(|| rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap());

/// Who signs.
#[derive(Clone)]
pub(crate) struct Signer {
    algorithm: Algorithm,
    key: EncodingKey,
    kid: Option<String>,
    /// The public key in PEM; the secret itself for HS256.
    pub(crate) public: String,
    jwk: Value,
}

impl Signer {
    pub(crate) fn hs256(secret: &str) -> Self {
        let key = EncodingKey::from_secret(secret.as_bytes());
        Self::new(Algorithm::HS256, key, secret.to_owned(), Value::Null)
    }

    pub(crate) fn rs256() -> Self {
        let der = RSA.to_pkcs1_der().unwrap();
        let public = RSA.to_public_key();
        let jwk = json!({"kty": "RSA", "n": encode(public.n().to_bytes_be()), "e": encode(public.e().to_bytes_be())});
        let pem = public.to_public_key_pem(LineEnding::LF).unwrap();
        Self::new(
            Algorithm::RS256,
            EncodingKey::from_rsa_der(der.as_bytes()),
            pem,
            jwk,
        )
    }

    pub(crate) fn es256() -> Self {
        let secret = p256::SecretKey::random(&mut rsa::rand_core::OsRng);
        let der = secret.to_pkcs8_der().unwrap();
        let jwk = serde_json::from_str(&secret.public_key().to_jwk_string()).unwrap();
        let pem = secret
            .public_key()
            .to_public_key_pem(LineEnding::LF)
            .unwrap();
        Self::new(
            Algorithm::ES256,
            EncodingKey::from_ec_der(der.as_bytes()),
            pem,
            jwk,
        )
    }

    pub(crate) fn ed25519() -> Self {
        let secret = ed25519_dalek::SigningKey::generate(&mut rsa::rand_core::OsRng);
        let der = secret.to_pkcs8_der().unwrap();
        let public = secret.verifying_key();
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": encode(public.as_bytes())});
        let pem = public.to_public_key_pem(LineEnding::LF).unwrap();
        Self::new(
            Algorithm::EdDSA,
            EncodingKey::from_ed_der(der.as_bytes()),
            pem,
            jwk,
        )
    }

    fn new(algorithm: Algorithm, key: EncodingKey, public: String, jwk: Value) -> Self {
        Self {
            algorithm,
            key,
            kid: None,
            public,
            jwk,
        }
    }

    /// Names its key so, in its tokens and its key set.
    pub(crate) fn named(mut self, kid: &str) -> Self {
        self.kid = Some(kid.to_owned());
        self.jwk["kid"] = kid.into();
        self
    }

    /// The key set with its public key.
    pub(crate) fn key_set(&self) -> String {
        key_set(&[self])
    }

    /// A token with these claims, and those that every good one has.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = Header {
            kid: self.kid.clone(),
            ..Header::new(self.algorithm)
        };
        self.sign_under(&header, claims)
    }

    /// The same under another header.
    pub(crate) fn sign_under(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, &completed(claims), &self.key).unwrap()
    }
}

/// The key set of several.
pub(crate) fn key_set(signers: &[&Signer]) -> String {
    let keys: Vec<&Value> = signers.iter().map(|signer| &signer.jwk).collect();
    json!({ "keys": keys }).to_string()
}

/// Claims of issuer `app` and subject `7`, for the next minute, changed as told.
pub(crate) fn completed(changes: &Value) -> Value {
    let mut claims = json!({"iss": "app", "sub": "7", "exp": now_s() + 60});
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

pub(crate) fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
