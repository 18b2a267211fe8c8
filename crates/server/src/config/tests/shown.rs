//! The configuration as it is shown and described.

use super::*;

#[test]
fn the_document_is_what_the_table_says() {
    let written = include_str!("../../../../../docs/configuration.md");
    assert!(
        written == describe::document(),
        "docs/configuration.md is out of date: tidings config docs > docs/configuration.md"
    );
}

#[test]
fn what_is_shown_can_be_read_again() {
    let text =
        "[server]\nthreads = 3\n[[auth.jwt]]\nissuer = 'i'\nalgorithm = 'ES256'\njwks_file = 'j'\n";
    let config = file(text).load().unwrap();
    let shown = describe::effective(&config);
    assert!(
        shown.contains("# public_url                             # not set"),
        "{shown}"
    );
    assert!(
        shown.contains("level = \"info\"                           # default"),
        "{shown}"
    );
    let again = file(&shown).load().unwrap();
    assert_eq!((again.server, again.auth), (config.server, config.auth));
}

#[test]
fn every_setting_has_a_variable_and_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> =
        describe::names().lines().map(str::to_owned).collect();
    assert_eq!(names.len(), Config::keys().len());
    assert!(
        names
            .iter()
            .any(|line| line.contains("TIDINGS_LIMITS_SIGN_INS_PER_MIN_IP"))
    );
}
