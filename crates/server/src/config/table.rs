//! The one definition of every setting: name, type, default, bounds and meaning. The typed structs,
//! the keys of the file, the variables, the flags, the checks of single values, what
//! `tidings config` prints and `docs/configuration.md` all come from here.

use std::net::SocketAddr;
use std::path::PathBuf;

use tidings_domain::limits;

use super::address::{Network, WebOrigin};
use super::choice::{LogFormat, LogLevel, SignUpPolicy, SyncMode};
use super::jwt::JwtIssuer;
use super::section::section;

section! {
    /// Where the server listens, and how it is reached.
    pub Server("server") {
        /// Address and port. Port 0 takes one that is free. On an address that others can reach
        /// the server starts only when the settings that matter there are set: see
        /// [Beyond this machine](#beyond-this-machine).
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080));
        /// The folder of the database. `serve` makes it, and the folders above it, where they are
        /// missing.
        data: PathBuf = PathBuf::from("./data");
        /// Under which address people reach the server: scheme, host and port. Stands in invitation
        /// links. When not set: the address that it listens on.
        public_url: Option<WebOrigin> = None;
        /// Lets `public_url` be `http` although others can reach the server. Passwords then travel
        /// in the clear, unless the line itself is private.
        insecure_http: bool = false;
        /// Pages of other sites that may open a socket here, besides the server's own.
        allowed_origins: Vec<WebOrigin> = Vec::new();
        /// Proxies whose `X-Forwarded-For` is believed. Everybody else's is not looked at.
        trusted_proxies: Vec<Network> = Vec::new();
        /// Threads that serve. When not set: one a processor.
        threads: Option<u32> = None, in 1..=1024;
        /// Seconds that requests which are under way have to finish when the server ends.
        drain_s: u64 = 10, in 0..=600;
    }
}

section! {
    /// Who may come in.
    pub Auth("auth") {
        /// Who may make an account.
        sign_up: SignUpPolicy = SignUpPolicy::Open;
        /// Whether people may come in under a mere name, without an account.
        guests: bool = false;
        /// Seconds that an access token lives. A revoked session's sockets close at once all the
        /// same.
        access_token_s: u64 = 900, in 10..=86_400;
        /// Seconds that a session lives without being used.
        refresh_token_s: u64 = 2_592_000, in 60..=31_622_400;
        /// Host applications whose users come with its own tokens, as tables
        /// [`[[auth.jwt]]`](#authjwt).
        jwt: Vec<JwtIssuer> = Vec::new();
    }
}

section! {
    /// The database.
    pub Store("store") {
        /// When a message counts as stored, and is acknowledged. `full`: once the disk says so; it
        /// survives a power cut. `normal`: once the system has it; it survives the end of the
        /// process, and a power cut but for the last moments. `off`: a power cut may damage the
        /// database; for measuring, on this machine only.
        sync: SyncMode = SyncMode::Full;
        /// Threads that read from it.
        readers: u32 = 4, in 1..=64;
        /// Bytes of recent events kept in memory, over all rooms. Most reads of history and most
        /// resumes are answered from there.
        recent_events_bytes: u64 = limits::RECENT_EVENTS_BYTES_MAX as u64, in 1_048_576..=1_099_511_627_776;
    }
}

section! {
    /// How much anybody may. A *rate* is what is allowed a second in the long run, a *burst* what is
    /// allowed at once before that. Who is over a limit is told when to come again.
    pub Limits("limits") {
        /// Messages a second of one user.
        sends_per_s: u32 = 10, in 1..=1_000_000;
        /// Messages of one user at once.
        sends_burst: u32 = 30, in 1..=1_000_000;
        /// Typing and signals a second of one user.
        signals_per_s: u32 = 30, in 1..=1_000_000;
        /// Typing and signals of one user at once.
        signals_burst: u32 = 60, in 1..=1_000_000;
        /// Requests a second of one user.
        requests_per_s: u32 = 50, in 1..=1_000_000;
        /// Requests of one user at once.
        requests_burst: u32 = 200, in 1..=1_000_000;
        /// Requests a second of one address, as long as nobody is signed in.
        anonymous_requests_per_s: u32 = 20, in 1..=1_000_000;
        /// Such requests at once.
        anonymous_requests_burst: u32 = 60, in 1..=1_000_000;
        /// Attempts a minute to sign in to one account, right or wrong.
        sign_ins_per_min_account: u32 = 5, in 1..=1_000_000;
        /// Attempts a minute to sign in from one address.
        sign_ins_per_min_ip: u32 = 20, in 1..=1_000_000;
        /// Accounts and guests made a minute from one address.
        sign_ups_per_min_ip: u32 = 20, in 1..=1_000_000;
        /// Connections of one address at a time. An IPv6 network of 64 bits counts as one address.
        connections_per_ip: u32 = 50, in 1..=1_000_000;
        /// New connections a second of one address.
        new_connections_per_s_ip: u32 = 20, in 1..=1_000_000;
        /// Sockets of one user at a time.
        connections_per_user: u32 = 50, in 1..=1_000_000;
        /// Connections of all at a time. The system's limit of open files must be higher.
        connections_max: u32 = 100_000, in 1..=10_000_000;
        /// Whether the limits by address hold for this machine's own addresses too.
        count_loopback: bool = false;
    }
}

section! {
    /// How the server finds out that a socket is dead. Both figures are told to clients.
    pub Heartbeat("heartbeat") {
        /// A socket from which nothing came for so many milliseconds is pinged.
        ping_interval_ms: u64 = limits::PING_INTERVAL_MS, in 50..=30_000;
        /// A socket from which nothing came for so many milliseconds is dead: at least half as much
        /// again as `ping_interval_ms`, so that there is time for an answer.
        peer_timeout_ms: u64 = limits::PEER_TIMEOUT_MS, in 100..=45_000;
        /// A new socket has so many milliseconds to say hello.
        hello_timeout_ms: u64 = limits::HELLO_TIMEOUT_MS, in 50..=60_000;
    }
}

section! {
    /// What is written to standard error. Never a password, a token or the text of a message.
    pub Log("log") {
        /// One line a record either way.
        format: LogFormat = LogFormat::Text;
        /// What is logged: this and what is graver. The libraries below the server are held to
        /// warnings whatever is set here, because they would log what people write.
        level: LogLevel = LogLevel::Info;
    }
}

const _: () = assert!(
    limits::PING_INTERVAL_MS <= 30_000 && limits::PEER_TIMEOUT_MS <= 45_000,
    "the defaults are within their bounds"
);
