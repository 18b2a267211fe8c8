//! Why a run could not be carried out. What the server did wrong is no failure but a finding.

use std::io;

use tidings_client::api::ApiError;

/// Why a run could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The system refused something.
    #[error("{during}: {cause}")]
    Io {
        /// What was being done.
        during: String,
        /// What the system said.
        cause: io::Error,
    },
    /// The server refused something that was needed to begin or to judge.
    #[error("{during}: {cause}")]
    Api {
        /// What was being asked for.
        during: String,
        /// What it answered.
        cause: Box<ApiError>,
    },
    /// The server did not start or end as it should.
    #[error("the server: {0}")]
    Server(String),
    /// A tool of the system is missing, or did not do what it is for.
    #[error("{0}")]
    Tool(String),
}

/// What was being done when it failed.
pub(crate) trait While<T> {
    /// Names it.
    fn during(self, what: &str) -> Result<T, Failure>;
}

impl<T> While<T> for Result<T, io::Error> {
    fn during(self, what: &str) -> Result<T, Failure> {
        self.map_err(|cause| Failure::Io {
            during: what.to_owned(),
            cause,
        })
    }
}

impl<T> While<T> for Result<T, ApiError> {
    fn during(self, what: &str) -> Result<T, Failure> {
        self.map_err(|cause| Failure::Api {
            during: what.to_owned(),
            cause: Box::new(cause),
        })
    }
}
