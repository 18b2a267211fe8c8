//! Why a run ended without a result.

use std::io;

/// Why a run ended without a result.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The system refused something.
    #[error("{doing}: {cause}")]
    System {
        /// What was being done.
        doing: String,
        /// What the system said.
        cause: io::Error,
    },
    /// The server did not do what the protocol says.
    #[error("{0}")]
    Server(String),
    /// Something was lost, doubled, out of order or not equal: whatever was measured is worth
    /// nothing.
    #[error("the run is not true: {0}")]
    Untrue(String),
    /// The store could not be written by the bare writer.
    #[error("the bare writer: {0}")]
    Store(#[from] rusqlite::Error),
}

/// What a run brings.
pub(crate) type Outcome<T> = Result<T, Failure>;

/// Says what was being done when the system refused.
pub(crate) trait While<T> {
    fn during(self, doing: &str) -> Outcome<T>;
}

impl<T, E: Into<io::Error>> While<T> for Result<T, E> {
    fn during(self, doing: &str) -> Outcome<T> {
        self.map_err(|cause| Failure::System {
            doing: doing.to_owned(),
            cause: cause.into(),
        })
    }
}
