//! The page at `/metrics`: what the engine and the edge count, and what the system says of us.
//!
//! Each name is explained in `docs/operations.md`; a test holds the two together.

mod answers;
mod engine;
mod exposition;
mod process;
mod turned_away;

pub use self::answers::Answers;
pub use self::turned_away::{Crowded, TurnedAway};

use self::exposition::Page;
use crate::app::App;

/// The media type of the page.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The page as it is now.
#[must_use]
pub fn render(app: &App) -> String {
    let mut page = Page::default();
    let build = [(env!("CARGO_PKG_VERSION"), 1)];
    page.family(
        ("tidings_build_info", "gauge", "Which version this is."),
        "version",
        build,
    );
    page.gauge(
        "tidings_connections",
        "Connections, sockets among them.",
        app.addresses.connections(),
    );
    app.turned_away.write(&mut page);
    app.answers.write(&mut page);
    engine::write_meters(&mut page, &app.engine.meters);
    engine::write_levels(&mut page, &app.engine);
    page.counter(
        "tidings_panics_total",
        "Tasks that ended by a bug.",
        crate::logs::panics(),
    );
    process::write(&mut page);
    page.into_text()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    const SOURCES: [&str; 5] = [
        include_str!("mod.rs"),
        include_str!("answers.rs"),
        include_str!("engine.rs"),
        include_str!("process.rs"),
        include_str!("turned_away.rs"),
    ];
    const DOCUMENT: &str = include_str!("../../../../docs/operations.md");

    fn is_name(text: &str) -> bool {
        let is_ours = |prefix| {
            text.strip_prefix(prefix)
                .is_some_and(|rest| !rest.is_empty())
        };
        (is_ours("tidings_") || is_ours("process_"))
            && text.chars().all(|c| c == '_' || c.is_ascii_lowercase())
    }

    #[test]
    fn operators_are_told_of_every_metric_and_of_no_other() {
        let literals = SOURCES.iter().flat_map(|source| source.split('"'));
        let shown: BTreeSet<&str> = literals.filter(|text| is_name(text)).collect();
        let (_, section) = DOCUMENT.split_once("\n## Metrics\n").unwrap();
        let (section, _) = section.split_once("\n## ").unwrap();
        let rows = section.lines().filter_map(|row| row.strip_prefix("| `"));
        let explained: BTreeSet<&str> = rows.filter_map(|row| row.split('`').next()).collect();
        assert_eq!(shown, explained);
        assert!(shown.len() > 25);
    }
}
