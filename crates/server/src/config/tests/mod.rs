//! What is refused, word for word, and what outranks what.

mod exposure;
mod host_applications;
mod names;
mod shown;
mod values;

use super::{Config, ConfigError, Inputs, JwtKey, LogLevel, SignUpPolicy, Source, describe};

/// What is written where.
#[derive(Default)]
struct Case<'a> {
    file: Option<&'a str>,
    environment: &'a [(&'a str, &'a str)],
    flags: &'a [(&'a str, &'a str, &'a str)],
}

impl Case<'_> {
    fn load(&self) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tidings.toml");
        let file = self.file.map(|text| {
            std::fs::write(&path, text).unwrap();
            path.clone()
        });
        let flags = self.flags.iter();
        let inputs = Inputs {
            flags: flags
                .map(|(f, s, v)| (f.to_string(), s.to_string(), v.to_string()))
                .collect(),
            environment: self
                .environment
                .iter()
                .map(|(n, v)| (n.into(), v.into()))
                .collect(),
            file,
        };
        let shown = |error: ConfigError| {
            error
                .to_string()
                .replace(path.to_str().unwrap(), "tidings.toml")
        };
        Config::load(&inputs).map_err(shown)
    }
}

fn file(text: &str) -> Case<'_> {
    Case {
        file: Some(text),
        ..Case::default()
    }
}

fn check(text: &str, refusal: &str) {
    assert_eq!(file(text).load().unwrap_err(), refusal, "{text}");
}

fn check_environment(environment: &[(&str, &str)], refusal: &str) {
    let case = Case {
        environment,
        ..Case::default()
    };
    assert_eq!(case.load().unwrap_err(), refusal);
}

fn check_flags(flags: &[(&str, &str, &str)], refusal: &str) {
    let case = Case {
        flags,
        ..Case::default()
    };
    assert_eq!(case.load().unwrap_err(), refusal);
}

#[test]
fn nothing_written_is_the_default() {
    let config = Case::default().load().unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    config.check_exposure().unwrap();
}

#[test]
fn a_flag_outranks_the_environment_which_outranks_the_file() {
    let text = "[log]\nlevel = 'error'\n[limits]\nsends_burst = 3\nsends_per_s = 3\n";
    let case = Case {
        file: Some(text),
        environment: &[
            ("TIDINGS_LOG_LEVEL", "warn"),
            ("TIDINGS_LIMITS_SENDS_BURST", "4"),
        ],
        flags: &[("--set", "log.level", "debug")],
    };
    let config = case.load().unwrap();
    assert_eq!(config.log.level, LogLevel::Debug);
    assert_eq!(
        (config.limits.sends_burst, config.limits.sends_per_s),
        (4, 3)
    );
    assert_eq!(config.source("log.level"), Source::Flag("--set".into()));
    let variable = Source::Environment("TIDINGS_LIMITS_SENDS_BURST".into());
    assert_eq!(config.source("limits.sends_burst"), variable);
    assert!(matches!(
        config.source("limits.sends_per_s"),
        Source::File { line: 5, .. }
    ));
    assert_eq!(config.source("limits.signals_per_s"), Source::Default);
}

#[test]
fn the_environment_may_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.toml");
    std::fs::write(&path, "[auth]\nguests = true\n").unwrap();
    let environment = vec![("TIDINGS_CONFIG".into(), path.into_os_string())];
    let config = Config::load(&Inputs {
        environment,
        ..Inputs::default()
    })
    .unwrap();
    assert!(config.auth.guests);
}
