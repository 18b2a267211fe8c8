//! Keys that check tokens of host applications, read strictly: a key that does not fit its
//! algorithm is refused when it is read, not when the first token comes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// Bytes of a shared secret, at least: as long as the hash (RFC 7518, section 3.2).
const SECRET_BYTES_MIN: usize = 32;
/// Bytes of an RSA modulus, at least: 2,048 bits (RFC 7518, section 3.3).
const MODULUS_BYTES_MIN: usize = 256;
/// An uncompressed point of the curve P-256.
const P256_POINT_BYTES: usize = 65;
/// A public key of Ed25519.
const ED25519_KEY_BYTES: usize = 32;
/// Keys that one set may hold; more are passed over.
const KEYS_MAX: usize = 100;

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A secret that can be guessed.
    #[error("a secret has at least {SECRET_BYTES_MIN} bytes; this one has {0}")]
    ShortSecret(usize),
    /// What looks like a key of the other kind: whoever knows the public key could sign with it.
    #[error("this is a PEM file, not a shared secret")]
    PemAsSecret,
    /// The half that the host application keeps for itself.
    #[error("this is a private key: give its public half, and replace it")]
    Private,
    /// No key of this algorithm.
    #[error("not a public key for {0:?} in PEM form: {1}")]
    NotPem(Algorithm, String),
    /// An RSA key that can be broken.
    #[error("an RSA key has at least 2048 bits")]
    WeakRsa,
    /// No key set.
    #[error("not a JSON Web Key Set: {0}")]
    NotSet(String),
    /// A key set without a key for the algorithm.
    #[error("the set has no key for {0:?}")]
    NoKey(Algorithm),
}

/// The key that is a shared secret.
pub(super) fn secret(bytes: &[u8]) -> Result<DecodingKey, KeyError> {
    if bytes.starts_with(b"-----BEGIN ") {
        return Err(KeyError::PemAsSecret);
    }
    if bytes.len() < SECRET_BYTES_MIN {
        return Err(KeyError::ShortSecret(bytes.len()));
    }
    Ok(DecodingKey::from_secret(bytes))
}

/// The public key in a PEM file.
pub(super) fn public_key(pem: &[u8], algorithm: Algorithm) -> Result<DecodingKey, KeyError> {
    if String::from_utf8_lossy(pem).contains("PRIVATE KEY-----") {
        return Err(KeyError::Private);
    }
    let read = match algorithm {
        Algorithm::RS256 => DecodingKey::from_rsa_pem(pem),
        Algorithm::ES256 => DecodingKey::from_ec_pem(pem),
        Algorithm::EdDSA => DecodingKey::from_ed_pem(pem),
        _ => return Err(KeyError::PemAsSecret),
    };
    let key = read.map_err(|error| KeyError::NotPem(algorithm, error.to_string()))?;
    let length = key.try_get_as_bytes().map_or(0, <[u8]>::len);
    match algorithm {
        Algorithm::RS256 if length < MODULUS_BYTES_MIN => Err(KeyError::WeakRsa),
        Algorithm::ES256 if length != P256_POINT_BYTES => Err(wrong_curve(algorithm)),
        Algorithm::EdDSA if length != ED25519_KEY_BYTES => Err(wrong_curve(algorithm)),
        _ => Ok(key),
    }
}

fn wrong_curve(algorithm: Algorithm) -> KeyError {
    KeyError::NotPem(algorithm, "a key of another curve".to_owned())
}

/// The keys of a set that serve one algorithm.
#[derive(Debug, Clone, Default)]
pub(super) struct KeySet {
    keys: Vec<(Option<String>, DecodingKey)>,
}

impl KeySet {
    /// Reads a set (RFC 7517, section 5); passes over keys of other kinds and uses, as it must.
    pub(super) fn read(json: &[u8], algorithm: Algorithm) -> Result<Self, KeyError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set =
            serde_json::from_slice(json).map_err(|error| KeyError::NotSet(error.to_string()))?;
        let read = set
            .keys
            .into_iter()
            .filter_map(|key| serde_json::from_value(key).ok());
        let keys = read.filter_map(|jwk: Jwk| {
            let key = serving(&jwk, algorithm)?;
            Some((jwk.common.key_id, key))
        });
        let keys: Vec<_> = keys.take(KEYS_MAX).collect();
        if keys.is_empty() {
            Err(KeyError::NoKey(algorithm))
        } else {
            Ok(Self { keys })
        }
    }

    /// The keys that a token may mean: those of its key id, or the only one if it names none.
    pub(super) fn meant(&self, kid: Option<&str>) -> Vec<&DecodingKey> {
        let Some(kid) = kid else {
            return match self.keys.as_slice() {
                [(_, only)] => vec![only],
                _ => Vec::new(),
            };
        };
        let named = self
            .keys
            .iter()
            .filter(|(id, _)| id.as_deref() == Some(kid));
        named.map(|(_, key)| key).collect()
    }
}

/// The key, if it is there to check signatures of this algorithm.
fn serving(jwk: &Jwk, algorithm: Algorithm) -> Option<DecodingKey> {
    let common = &jwk.common;
    let use_fits = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
    let operations = common.key_operations.as_ref();
    let operation_fits = operations.is_none_or(|all| all.contains(&KeyOperations::Verify));
    let named = common.key_algorithm.map(|named| named.to_string());
    let name_fits = named.is_none_or(|named| named == format!("{algorithm:?}"));
    let kind_fits = match (&jwk.algorithm, algorithm) {
        (AlgorithmParameters::RSA(rsa), Algorithm::RS256) => {
            let modulus = URL_SAFE_NO_PAD.decode(&rsa.n).ok()?;
            let bytes = modulus.iter().skip_while(|byte| **byte == 0).count();
            bytes >= MODULUS_BYTES_MIN
        }
        (AlgorithmParameters::EllipticCurve(ec), Algorithm::ES256) => {
            ec.curve == EllipticCurve::P256
        }
        (AlgorithmParameters::OctetKeyPair(pair), Algorithm::EdDSA) => {
            pair.curve == EllipticCurve::Ed25519
        }
        _ => false,
    };
    let fits = use_fits && operation_fits && name_fits && kind_fits;
    if fits {
        DecodingKey::from_jwk(jwk).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn set(keys: &Value) -> Result<KeySet, KeyError> {
        KeySet::read(
            json!({ "keys": keys }).to_string().as_bytes(),
            Algorithm::EdDSA,
        )
    }

    #[test]
    fn a_set_keeps_the_keys_that_serve_its_algorithm_and_passes_over_others() {
        let good = json!({"kty": "OKP", "crv": "Ed25519", "x": X, "kid": "a", "use": "sig"});
        let other = json!([
            {"kty": "new", "future": true},
            {"kty": "oct", "k": "c2VjcmV0", "kid": "a"},
            {"kty": "OKP", "crv": "Ed25519", "x": X, "kid": "b", "use": "enc"},
            {"kty": "OKP", "crv": "Ed25519", "x": X, "kid": "c", "key_ops": ["sign"]},
            {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "d"},
            good,
        ]);
        let read = set(&other).unwrap();
        assert_eq!(read.meant(Some("a")).len(), 1);
        assert_eq!(read.meant(None).len(), 1, "the only one");
        for kid in ["b", "c", "d", "../a", "https://example.com/a", ""] {
            assert!(read.meant(Some(kid)).is_empty(), "{kid}");
        }
    }

    #[test]
    fn without_a_key_id_two_keys_are_none() {
        let key = |kid| json!({"kty": "OKP", "crv": "Ed25519", "x": X, "kid": kid});
        assert!(
            set(&json!([key("a"), key("b")]))
                .unwrap()
                .meant(None)
                .is_empty()
        );
    }

    #[test]
    fn what_is_no_set_or_an_empty_one_is_refused() {
        assert!(matches!(set(&json!(7)), Err(KeyError::NotSet(_))));
        assert_eq!(
            set(&json!([])).unwrap_err(),
            KeyError::NoKey(Algorithm::EdDSA)
        );
        let tower = "[".repeat(100_000);
        let read = KeySet::read(tower.as_bytes(), Algorithm::EdDSA);
        assert!(matches!(read, Err(KeyError::NotSet(_))));
    }

    #[test]
    fn a_short_secret_and_a_pem_file_are_no_secrets() {
        assert_eq!(secret(b"short").unwrap_err(), KeyError::ShortSecret(5));
        let pem = b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n";
        assert_eq!(secret(pem).unwrap_err(), KeyError::PemAsSecret);
        assert_eq!(
            public_key(pem, Algorithm::HS256).unwrap_err(),
            KeyError::PemAsSecret
        );
        let private = b"-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n";
        assert_eq!(
            public_key(private, Algorithm::EdDSA).unwrap_err(),
            KeyError::Private
        );
    }
}
