//! How the configuration is shown: the settings in effect, and the document of all settings.

use std::fmt::Write as _;

use super::jwt::JwtTable;
use super::section::{Key, Section};
use super::source::variable;
use super::{Auth, Config, Heartbeat, Limits, Log, Server, Store};

/// Settings are followed by where they came from, from this column on.
const SOURCE_COLUMN: usize = 40;

/// The settings in effect as TOML, each with where it came from. Secrets are hidden.
#[must_use]
pub fn effective(config: &Config) -> String {
    let mut text = "# The settings in effect, and where each came from.\n".to_owned();
    show(&mut text, config, &config.server);
    show(&mut text, config, &config.auth);
    show(&mut text, config, &config.store);
    show(&mut text, config, &config.limits);
    show(&mut text, config, &config.heartbeat);
    show(&mut text, config, &config.log);
    text
}

fn show<S: Section>(text: &mut String, config: &Config, section: &S) {
    let _ = writeln!(text, "\n[{}]", S::NAME);
    for (name, value) in section.show() {
        let (setting, source) = match value {
            Some(value) => {
                let source = config.source(&format!("{}.{name}", S::NAME));
                (format!("{name} = {value}"), source.to_string())
            }
            None => (format!("# {name}"), "not set".to_owned()),
        };
        let _ = writeln!(text, "{setting:SOURCE_COLUMN$} # {source}");
    }
}

/// `docs/configuration.md`, whole.
#[must_use]
pub fn document() -> String {
    let mut text = INTRODUCTION.to_owned();
    describe::<Server>(&mut text);
    text.push_str(EXPOSURE);
    describe::<Auth>(&mut text);
    describe::<JwtTable>(&mut text);
    text.push_str(JWT_EXAMPLE);
    describe::<Store>(&mut text);
    describe::<Limits>(&mut text);
    describe::<Heartbeat>(&mut text);
    describe::<Log>(&mut text);
    text
}

fn describe<S: Section>(text: &mut String) {
    let about = joined(S::ABOUT);
    let _ = writeln!(text, "\n## {}\n\n{about}\n", S::NAME);
    text.push_str("| setting | default | may be | meaning |\n|---|---|---|---|\n");
    for key in S::keys() {
        let default = key
            .default
            .as_ref()
            .map_or("not set".to_owned(), |value| format!("`{value}`"));
        let may_be = may_be(&key);
        let about = joined(key.about);
        let _ = writeln!(text, "| `{}` | {default} | {may_be} | {about} |", key.name);
    }
}

fn may_be(key: &Key) -> String {
    key.bounds.clone().unwrap_or_else(|| key.expects.clone())
}

fn joined(lines: &[&str]) -> String {
    let words: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    words.join(" ").replace('|', "\\|")
}

/// One line for each setting: its name, its variable, and what may be written.
#[must_use]
pub fn names() -> String {
    let mut text = String::new();
    for key in Config::keys() {
        let setting = format!("{}.{}", key.section, key.name);
        let variable = variable(key.section, key.name);
        let _ = writeln!(text, "{setting:36} {variable:44} {}", may_be(&key));
    }
    text
}

const INTRODUCTION: &str = "\
# Configuration

<!-- Written by `tidings config docs` from the table of settings; a test holds the two equal. -->

Without any configuration the server works, for this machine only. Every setting can be written in
three places, and a higher one outranks those below:

| place | how |
|---|---|
| flag | `--set section.name=value`, as often as needed; `--listen` and `--data` for short |
| environment | `TIDINGS_SECTION_NAME=value` |
| file | TOML, named by `--config FILE` or `TIDINGS_CONFIG`; no file is looked for otherwise |

```toml
# tidings.toml
[server]
listen = \"0.0.0.0:8080\"
public_url = \"https://chat.example.org\"
trusted_proxies = [\"10.0.0.7\"]

[auth]
sign_up = \"closed\"
```

The same by environment: `TIDINGS_SERVER_LISTEN=0.0.0.0:8080`, `TIDINGS_AUTH_SIGN_UP=closed`. Lists
are written there with commas, `TIDINGS_SERVER_TRUSTED_PROXIES=10.0.0.7,10.0.0.8`, or as in TOML. A
setting that ends in a unit (`_s`, `_ms`, `_bytes`) is a whole number of it. Paths are seen from the
folder in which the server is started.

`tidings config` prints the settings in effect and where each came from; `tidings config check` says
whether a server would start with them, `tidings config names` lists all names. Nothing is passed
over in silence: an unknown name, in the file or among the variables that begin with `TIDINGS_`, a
value of the wrong kind or out of bounds, and settings that contradict each other are refused at the
start with exit code 3, with the line and what to write instead:

```text
tidings.toml:7: heartbeat.ping_interval lacks its unit: write ping_interval_ms = 25000
```

(Variables that Kubernetes sets for a service named `tidings` are passed over.)
";

const EXPOSURE: &str = "
### Beyond this machine

When `server.listen` is an address that others can reach, the server starts only when

- `server.public_url` is set, and is `https` (a proxy in front speaks TLS), or `server.insecure_http`
  is `true` because somebody decided so;
- `auth.sign_up` is set, be it to `\"open\"`;
- `store.sync` is not `\"off\"`.

Otherwise it says what is missing, ready to paste.
";

const JWT_EXAMPLE: &str = "
```toml
[[auth.jwt]]
issuer = \"https://app.example.org\"
audience = \"tidings\"
algorithm = \"RS256\"
jwks_url = \"https://app.example.org/.well-known/jwks.json\"
```
";
