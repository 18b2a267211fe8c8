//! The page at `/metrics`: what the engine and the edge count, and what the system says of us.
//!
//! Each name is explained in `docs/operations.md`; a test holds the two together.

mod answers;
mod engine;
mod exposition;
mod process;

pub use self::answers::Answers;

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

    use tidings_engine::meters::Meters;

    use super::*;

    /// Names in the page, from its `# TYPE` lines.
    fn shown() -> BTreeSet<String> {
        let mut page = Page::default();
        Answers::default().write(&mut page);
        engine::write_meters(&mut page, &Meters::default());
        process::write(&mut page);
        let text = page.into_text();
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        types
            .filter_map(|line| line.split(' ').next())
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_metric_is_explained_to_operators() {
        let document = include_str!("../../../../docs/operations.md");
        for name in shown() {
            assert!(
                document.contains(&format!("| `{name}` |")),
                "{name} is not in docs/operations.md"
            );
        }
    }

    #[test]
    fn nothing_is_explained_that_is_not_shown() {
        let sources = [
            include_str!("mod.rs"),
            include_str!("answers.rs"),
            include_str!("engine.rs"),
            include_str!("process.rs"),
        ];
        let document = include_str!("../../../../docs/operations.md");
        let explained = document
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
        let explained = explained.map(|(name, _)| name);
        for name in
            explained.filter(|name| name.starts_with("tidings_") || name.starts_with("process_"))
        {
            let written = format!("\"{name}\"");
            assert!(
                sources.iter().any(|source| source.contains(&written)),
                "{name} is not shown"
            );
        }
    }
}
