//! `tidings openapi`.

use clap::Args;

use super::{CliError, Terminal};

/// Prints the OpenAPI document, as a server of this version answers it at /openapi.json.
#[derive(Debug, Args)]
pub(super) struct OpenApi {}

impl OpenApi {
    pub(super) fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let document = crate::openapi::document();
        let json = document
            .to_pretty_json()
            .expect("the document is text, numbers and lists");
        terminal.say(&json);
        Ok(())
    }
}
