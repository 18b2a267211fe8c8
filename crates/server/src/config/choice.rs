//! Settings that are one word of a few.

/// Makes an enum whose values are words.
macro_rules! choices {
    ($($(#[doc = $about:literal])+ $Choice:ident {
        $($(#[doc = $doc:literal])+ $Value:ident = $word:literal,)+
    })+) => {$(
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $Choice {
            $($(#[doc = $doc])+ $Value,)+
        }

        impl $crate::config::setting::Setting for $Choice {
            fn expects() -> String {
                [$($word),+].join(" or ")
            }
            fn example() -> String {
                $crate::config::setting::quoted([$($word),+][0])
            }
            fn read(
                raw: $crate::config::setting::Raw<'_>,
            ) -> Result<Self, Vec<$crate::config::refusal::Fault>> {
                match raw.text() {
                    $(Some($word) => Ok(Self::$Value),)+
                    _ => Err($crate::config::setting::mismatch::<Self>(raw)),
                }
            }
            fn show(&self) -> Option<String> {
                let word = match self { $(Self::$Value => $word,)+ };
                Some($crate::config::setting::quoted(word))
            }
        }
    )+};
}

choices! {
    /// Who may make an account.
    SignUpPolicy {
        /// Whoever reaches the server.
        Open = "open",
        /// Nobody: users come by a host application's tokens, or by an API key.
        Closed = "closed",
    }
    /// When a message counts as stored.
    SyncMode {
        /// Once the disk says so.
        Full = "full",
        /// Once the system has it.
        Normal = "normal",
        /// At once.
        Off = "off",
    }
    /// How the log is written.
    LogFormat {
        /// A line of text for each event.
        Text = "text",
        /// A JSON object a line for each event.
        Json = "json",
    }
    /// What is logged: this and what is graver.
    LogLevel {
        /// What somebody must look at.
        Error = "error",
        /// What should not happen often.
        Warn = "warn",
        /// What an operator wants to know.
        Info = "info",
        /// Each connection and each refusal.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
    /// How a host application signs its tokens.
    JwtAlgorithm {
        /// HMAC with SHA-256: a shared secret.
        Hs256 = "HS256",
        /// RSA (PKCS 1) with SHA-256.
        Rs256 = "RS256",
        /// ECDSA on P-256 with SHA-256.
        Es256 = "ES256",
        /// Ed25519.
        EdDsa = "EdDSA",
    }
}
