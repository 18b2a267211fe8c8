//! Bugs on purpose in the real server, in a build with the feature `planted-bugs`: how one is chosen.

use tidings_engine::planted::{self, Bug};

use super::CliError;
use super::flags::Environment;

/// The name of the bug. Not among the server's settings: nobody who configures a server comes by it.
const VARIABLE: &str = "PLANTED_BUG";

/// Plants the bug that is named; none without a name. A name that means nothing is refused: a run
/// that finds no bug must not be one in which none was.
pub(super) fn plant(environment: &Environment) -> Result<(), CliError> {
    let found = environment.iter().find(|(name, _)| name == VARIABLE);
    let Some(name) = found.and_then(|(_, value)| value.to_str()) else {
        return Ok(());
    };
    let Some(bug) = Bug::from_name(name) else {
        let names = Bug::ALL.map(Bug::name).join(", ");
        return Err(CliError::Usage(format!(
            "{VARIABLE}={name} is no planted bug: there are {names}"
        )));
    };
    planted::plant(Some(bug));
    tracing::warn!(bug = bug.name(), "this server has a bug on purpose");
    Ok(())
}
