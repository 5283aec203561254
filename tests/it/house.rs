//! The rules of the house. This file is the table; the tests in the files below hold the sources to it.
//!
//! [`source`] reads a file and blanks what is no code, [`paths`] finds what the code names. The rules: [`rooms`] (who
//! may name what), [`text`] (length, heads, unfinished work, unwraps), [`words`] (retired names, one meaning a name),
//! [`settings`] (`config/default.toml` tells the truth). **Each rule has a control**: a small made-up offender that it
//! must find.

mod paths;
mod rooms;
mod settings;
mod source;
mod text;
mod words;

/// Name of a crate, the crates of ours that it may depend on, and the others, if there is a list of them.
type CrateRule = (&'static str, &'static [&'static str], Option<&'static [&'static str]>);

/// The crates below the server, the laboratory above it, and what each may depend on: the others by their names, and all else where a list says so.
/// That their sources name nothing else is for Cargo to say.
const CRATES: &[CrateRule] = &[
    // Types that go over the wire have a schema, derived where they are.
    ("domain", &[], Some(&["schemars", "serde", "thiserror", "uuid"])),
    ("base", &["domain"], None),
    ("supervision", &[], None),
    (
        "documents",
        &["domain"],
        Some(&[
            "flate2",
            "hayro",
            "hayro-cmap",
            "hayro-interpret",
            "hayro-syntax",
            "kurbo",
            "lopdf",
            "memchr",
            "serde",
            "serde_json",
            "sha2",
            "skrifa",
            "thiserror",
            "unicode-bidi",
            "unicode-normalization",
            "weezl",
        ]),
    ),
    ("worker", &["base", "documents", "domain"], None),
    ("store", &["base", "domain"], None),
    ("lab", &["base", "documents", "domain", "store", "supervision", "worker"], None),
];

/// A place and what it may name beside itself: modules of the server, and of the crates below it by their names without
/// `quire_`; those of `quire_base` without even that. The longest place that fits a file decides.
const ROOMS: &[(&str, &[&str])] = &[
    // The child's side of the channel parses; the parent's does not.
    ("crates/quire-worker/src", &["domain", "failpoints", "safeguards"]),
    ("crates/quire-worker/src/child", &["domain", "documents", "failpoints", "safeguards"]),
    // A section of the settings is a struct of the module that it is for.
    ("src/config", &["domain", "store", "worker"]),
    // The shape of its own section, nothing else.
    ("src/telemetry", &["config::LogConfig", "config::LogFormat", "domain::closed_list"]),
    ("src/doctor", &["domain", "clock", "config", "store", "worker"]),
    ("src/commands", &["domain", "clock", "failpoints", "safeguards", "store"]),
    // The words for a time; it is told what time it is.
    ("src/webhook", &["domain", "clock::rfc3339"]),
    (
        "src/actors",
        &[
            "domain",
            "clock",
            "config",
            "failpoints",
            "safeguards",
            "supervision",
            "store",
            "commands",
            "worker",
            "webhook",
        ],
    ),
    (
        "src/http",
        &[
            "domain",
            "clock",
            "config",
            "doctor",
            "telemetry",
            "failpoints",
            "safeguards",
            "supervision",
            "store",
            "commands",
            "worker",
            "webhook",
            "actors",
        ],
    ),
    (
        "src/cli",
        &[
            "domain",
            "clock",
            "config",
            "doctor",
            "failpoints",
            "safeguards",
            "telemetry",
            "documents",
            "supervision",
            "store",
            "commands",
            "worker",
            "actors",
            "http",
        ],
    ),
    // It uses the server as `main` does, and looks at what it leaves on the disk.
    (
        "crates/quire-lab/src",
        &[
            "domain",
            "clock",
            "config",
            "failpoints",
            "documents",
            "supervision",
            "store",
            "commands",
            "actors",
            "cli",
            "app",
        ],
    ),
    ("crates/quire-lab/src/main.rs", &["lab::main", "worker::child::main"]),
    ("src/app.rs", &["config", "telemetry", "http", "cli"]),
    // A worker process starts here, before anything else is awake.
    ("src/main.rs", &["app::main", "worker::child::main"]),
    ("src/lib.rs", &[]),
];

/// Names that these places alone may use: a crate by its first word, anything else by the words of its path.
const ONLY_IN: &[(&[&str], &[&str])] = &[
    // The framework of actors and the framework of HTTP.
    (&["actix"], &["crates/quire-supervision/src", "src/http", "src/cli"]),
    (&["actix_web", "actix_multipart", "actix_web_actors", "tracing_actix_web"], &["src/http"]),
    // The database.
    (&["diesel", "diesel_migrations", "libsqlite3_sys", "r2d2"], &["crates/quire-store/src"]),
    // Who writes: commands, and those who give them to the writer. A handler calls the engine.
    (
        &["quire_store::Transaction", "transaction::Transaction"],
        &["crates/quire-store/src", "src/commands", "src/actors", "src/cli"],
    ),
    // Requests to somebody else's server, and what guards and signs them. The settings name networks.
    (&["reqwest", "rustls", "hmac"], &["src/webhook"]),
    (&["ipnet"], &["src/webhook", "src/config"]),
    // Whatever reads untrusted bytes.
    (
        &["hayro", "hayro_cmap", "hayro_interpret", "hayro_syntax", "lopdf", "kurbo", "skrifa", "flate2", "weezl"],
        &["crates/quire-documents/src"],
    ),
    // The system, and other processes.
    (&["rustix"], &["crates/quire-worker/src"]),
    (
        &["tokio::process", "process::Command", "process::Child", "process::Stdio"],
        // The sandbox tries whether it could start one.
        &[
            "crates/quire-worker/src/process.rs",
            "crates/quire-worker/src/stderr_tail.rs",
            "crates/quire-worker/src/sandbox",
        ],
    ),
    (&["landlock", "seccompiler"], &["crates/quire-worker/src/sandbox"]),
    (&["nix"], &["crates/quire-worker/src/sandbox", "crates/quire-worker/src/child/harden.rs"]),
    // The terminal, and errors that nobody takes apart.
    (&["indicatif"], &["src/cli"]),
    (&["anyhow", "clap"], &["src/cli", "src/app.rs", "crates/quire-lab/src"]),
    // Deaths that a test plans.
    (
        &["fail::cfg", "fail::fail_point", "fail::has_failpoints"],
        &["crates/quire-base/src/failpoints.rs", "crates/quire-base/src/safeguards.rs"],
    ),
    // The time of day, and dice.
    (
        &["SystemTime::now", "Utc::now", "Local::now"],
        &["crates/quire-base/src/clock.rs", "crates/quire-supervision/src/time.rs"],
    ),
    (&["fastrand"], &["crates/quire-base/src/clock.rs"]),
    // Durations: the deadlines of a worker, the screen of a command, a patience in a test.
    (
        &["Instant::now"],
        &[
            "crates/quire-base/src/clock.rs",
            "crates/quire-supervision/src/time.rs",
            "crates/quire-worker/src",
            "crates/quire-lab/src",
            "src/cli",
            "tests",
            "benches",
        ],
    ),
];

/// Exceptions to [`ONLY_IN`]: one place, one path, and why.
const GRANTED: &[(&str, &str, &str)] = &[
    ("src/http/pace.rs", "Instant::now", "how long a body is waited for goes by the clock of the timer that ends it"),
    ("src/http/live/peer.rs", "rustix::net", "a peer that takes nothing is cut off from outside"),
    ("src/http/live/peer.rs", "rustix::process", "a listener costs two descriptors: how many there are is asked"),
    ("src/http/live/durable.rs", "Instant::now", "how long a poll waits, and how long a stream lasts"),
    ("src/http/live/poll.rs", "Instant::now", "how long a poll waits"),
    ("src/http/live/stream.rs", "Instant::now", "when the next heartbeat is due"),
    ("crates/quire-store/src/lock.rs", "rustix::fs", "one server at a time locks the data directory"),
    ("crates/quire-store/src/lock.rs", "rustix::io::Errno", "a lock that is taken is told from one that cannot be had"),
    ("crates/quire-store/src/file_modes.rs", "rustix::fs::Mode", "what a server makes is its user's alone"),
    ("crates/quire-store/src/file_modes.rs", "rustix::process", "whose this process is"),
    ("src/doctor", "Instant::now", "how long the disk and a worker process take is part of what is examined"),
    ("src/doctor/disk.rs", "rustix::fs::statvfs", "free disk space is part of what is examined"),
    ("crates/quire-store/src/blobs.rs", "rustix::fs::statvfs", "how much room the disk has"),
    ("src/cli/bench/fanout/mod.rs", "process::Command", "listeners are processes of their own, as clients are"),
    ("src/cli/bench/fanout/mod.rs", "process::Child", "listeners are processes of their own, as clients are"),
    ("src/cli/bench/fanout/mod.rs", "process::Stdio", "listeners are processes of their own, as clients are"),
    ("crates/quire-store/src/vault.rs", "hmac", "of the crate that seals: the vault tags with the key it seals with"),
    ("src/cli/browser.rs", "process::Command", "the desktop's own program knows which browser is wanted"),
    ("src/cli/browser.rs", "process::Stdio", "what that program says is not for this terminal"),
    ("src/cli/remote/mod.rs", "rustix::fs::OFlags", "a pipe must not hold up an upload"),
    ("src/cli/remote", "reqwest", "commands speak to a server elsewhere"),
    ("src/cli/remote", "rustls", "commands speak to a server elsewhere"),
    ("crates/quire-lab/src/torture", "reqwest", "the tortured server has a client"),
    ("crates/quire-lab/src/torture", "rustls", "the tortured server has a client"),
    ("src/cli/bench/recovery.rs", "process::Command", "a start is measured from outside, on a real server"),
    ("src/cli/bench/recovery.rs", "process::Child", "a start is measured from outside, on a real server"),
    ("src/cli/bench/recovery.rs", "process::Stdio", "a start is measured from outside, on a real server"),
    ("src/actors/item_worker/drive.rs", "rustix::fs::OFlags", "a pipe must not hold up the opening of a document"),
    ("src/actors/worker_pool.rs", "Instant::now", "the pool is a pure machine that is told the time"),
    ("crates/quire-supervision/src/tree.rs", "Instant::now", "how long a ping took"),
    ("src/http/health.rs", "Instant::now", "how long a probe took"),
    ("src/http/mod.rs", "Instant::now", "the uptime"),
    ("src/http/assets.rs", "flate2", "what is served is packed, and is our own; nothing of a document is unpacked"),
    ("crates/quire-base/src/failpoints.rs", "rustix::process", "the server kills itself where a test has planned it"),
    ("crates/quire-lab/src/torture/server.rs", "process::Child", "the server under torture is a process of its own"),
    ("crates/quire-lab/src/torture/server.rs", "process::Command", "the server under torture is a process of its own"),
    ("crates/quire-lab/src/torture/server.rs", "process::Stdio", "the server under torture is a process of its own"),
    ("crates/quire-lab/src/torture/server.rs", "rustix::process", "the server under torture is told to end"),
    ("crates/quire-documents/src/text/page.rs", "Instant::now", "how long a page took"),
];

/// The most lines of a file.
const MAX_LINES: usize = 500;

/// Longer files: how long each may be, and why it is one file.
const LONGER: &[(&str, usize, &str)] = &[];

/// Words of work that is not done. In two halves, so that this file is none of its own offenders.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("to", "do!"),
    concat!("unimple", "mented!"),
    concat!("db", "g!"),
];

/// Whether a file is in a place: the file itself, a folder above it, or the folder's own file beside the folder.
fn is_in(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest == ".rs")
}
