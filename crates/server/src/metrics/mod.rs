//! The page at `/metrics`: what the engine and the edge count, and what the system says of us.
//!
//! Each name is explained in `docs/operations.md`; a test holds the two together.

mod answers;
mod engine;
mod exposition;
mod process;
mod strain;
mod turned_away;

pub use self::answers::Answers;
pub(crate) use self::process::open_files_max;
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
    app.strain.write(&mut page);
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

    const SOURCES: [&str; 6] = [
        include_str!("mod.rs"),
        include_str!("answers.rs"),
        include_str!("engine.rs"),
        include_str!("process.rs"),
        include_str!("strain.rs"),
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

    const DASHBOARD: &str = include_str!("../../../../deploy/grafana/tidings.json");
    const ALERTS: &str = include_str!("../../../../deploy/prometheus/alerts.yml");

    /// The metrics that queries speak of, without what Prometheus adds to the names of histograms.
    fn asked_for(queries: &str) -> BTreeSet<&str> {
        let words = queries.split(|c: char| c != '_' && !c.is_ascii_alphanumeric());
        let names = words.map(|word| {
            let ends = ["_bucket", "_sum", "_count"];
            let bare = ends.into_iter().find_map(|end| word.strip_suffix(end));
            bare.unwrap_or(word)
        });
        names.filter(|name| is_name(name)).collect()
    }

    #[test]
    fn dashboard_and_alerts_ask_for_metrics_that_there_are() {
        let literals = SOURCES.iter().flat_map(|source| source.split('"'));
        let shown: BTreeSet<&str> = literals.filter(|text| is_name(text)).collect();
        for queries in [DASHBOARD, ALERTS] {
            let asked = asked_for(queries);
            let missing: Vec<_> = asked.difference(&shown).collect();
            assert!(missing.is_empty(), "{missing:?}");
        }
        // Details: everything else has a panel, the version is in the list of servers.
        let without_panel: Vec<_> = shown.difference(&asked_for(DASHBOARD)).copied().collect();
        assert_eq!(
            without_panel,
            [
                "process_threads",
                "tidings_outbox_bytes_max",
                "tidings_recent_rooms"
            ]
        );
    }

    #[test]
    fn the_dashboard_has_panels_with_queries_and_names_of_their_own() {
        let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).unwrap();
        let panels = dashboard["panels"].as_array().unwrap();
        let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
        assert_eq!(ids.len(), panels.len());
        let (rows, graphs): (Vec<_>, Vec<_>) =
            panels.iter().partition(|panel| panel["type"] == "row");
        assert!(!rows.is_empty());
        for panel in graphs {
            let expression = panel["targets"][0]["expr"].as_str();
            assert!(expression.is_some_and(|text| !text.is_empty()), "{panel}");
        }
    }
}
