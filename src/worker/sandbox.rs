//! The doors that close before the first byte of a document is read, and the report of which did.
//!
//! Two walls, one behind the other: [`files`] (Landlock: no path can be opened) and [`calls`] (seccomp: no system call
//! but those that parsing needs). **Whether they stand is measured, not believed**: after closing, the process tries
//! what it must not do ([`trespass`]), and only what was denied counts. Runs in the child; the parent reads the report.

mod calls;
mod files;
mod trespass;

use serde::{Deserialize, Serialize};

pub use trespass::{Attempt, Outcome, Trespass};

/// How far a worker process is shut in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Posture {
    /// Both walls stand, and everything that was tried was denied.
    Enforced,
    /// Some doors stand open; `missing` names the walls that do not stand and what could be done.
    Partial { missing: Vec<String> },
    /// This system has none of the walls.
    #[default]
    Unsupported,
}

/// Walls that are left out on purpose, to see what happens without them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Without {
    #[default]
    Nothing,
    Landlock,
    Seccomp,
    Both,
}

/// What a process found out about its own doors.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub posture: Posture,
    pub landlock: Wall,
    pub seccomp: Wall,
    /// What was tried when all doors were closed, on the thread that parses.
    pub attempts: Vec<Attempt>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wall {
    pub stands: bool,
    /// What of it there is, or why there is none.
    pub detail: String,
}

/// The doors are closed, but nobody has rattled at them yet.
#[derive(Debug)]
pub struct Closed {
    landlock: Wall,
    seccomp: Wall,
    missing: Vec<String>,
}

impl Without {
    pub fn landlock(self) -> bool {
        matches!(self, Without::Landlock | Without::Both)
    }

    pub fn seccomp(self) -> bool {
        matches!(self, Without::Seccomp | Without::Both)
    }
}

impl Posture {
    /// The walls that do not stand and the doors that are open.
    pub fn missing(&self) -> Vec<&str> {
        match self {
            Posture::Enforced => Vec::new(),
            Posture::Partial { missing } => missing.iter().map(String::as_str).collect(),
            Posture::Unsupported => vec![LANDLOCK, SECCOMP],
        }
    }

    /// What an operator can do about it; none when nothing is missing.
    pub fn remedy(&self) -> Option<String> {
        let missing = self.missing();
        let mut remedies: Vec<_> = REMEDIES.iter().filter(|(wall, _)| missing.contains(wall)).collect();
        if remedies.is_empty() && !missing.is_empty() {
            remedies.push(&REMEDIES[1]);
        }
        let texts: Vec<_> = remedies.into_iter().map(|(_, remedy)| *remedy).collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    }
}

const LANDLOCK: &str = "landlock";
const SECCOMP: &str = "seccomp";

const REMEDIES: [(&str, &str); 3] = [
    (
        LANDLOCK,
        "landlock needs Linux 5.13 or newer, CONFIG_SECURITY_LANDLOCK, and `landlock` in the kernel's lsm= list",
    ),
    (SECCOMP, "seccomp needs CONFIG_SECCOMP_FILTER, and a container that lets its processes add filters"),
    ("descriptors", "the worker needs /proc to find and close what it inherited"),
];

/// Closes what this system can close. To be called on the only thread there is, so that all later ones are bound.
///
/// `strangers_closed`: whether every inherited descriptor but the three standard ones was closed.
pub fn close_doors(without: Without, strangers_closed: bool) -> Closed {
    let mut missing = Vec::new();
    if !strangers_closed {
        missing.push("descriptors".to_owned());
    }
    if rustix::thread::set_no_new_privs(true).is_err() {
        missing.push("no_new_privs".to_owned());
    }
    let landlock = if without.landlock() { left_out() } else { files::shut() };
    // The inner wall is tried now: behind the outer one nobody could tell whether it stands.
    let landlock = proven(landlock);
    let seccomp = if without.seccomp() { left_out() } else { calls::shut() };
    for (wall, name) in [(&landlock, LANDLOCK), (&seccomp, SECCOMP)] {
        if !wall.stands {
            missing.push(name.to_owned());
        }
    }
    Closed { landlock, seccomp, missing }
}

impl Closed {
    /// Rattles at every door; to be called on the thread that will parse.
    pub fn measure(self) -> Report {
        let attempts: Vec<Attempt> = Trespass::HARMLESS.into_iter().map(Trespass::attempt).collect();
        let mut missing = self.missing;
        missing.extend(attempts.iter().filter(|attempt| !attempt.is_denied()).map(|attempt| attempt.what.to_string()));
        let posture = match (self.landlock.stands || self.seccomp.stands, missing.is_empty()) {
            (false, _) => Posture::Unsupported,
            (true, true) => Posture::Enforced,
            (true, false) => Posture::Partial { missing },
        };
        Report { posture, landlock: self.landlock, seccomp: self.seccomp, attempts }
    }
}

fn left_out() -> Wall {
    Wall { stands: false, detail: "left out by testing.sandbox_without".into() }
}

fn proven(wall: Wall) -> Wall {
    if !wall.stands {
        return wall;
    }
    match Trespass::ON_FILES.into_iter().map(Trespass::attempt).find(|attempt| !attempt.is_denied()) {
        None => wall,
        Some(Attempt { what, outcome }) => Wall { stands: false, detail: format!("{what}: {outcome}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(stands: bool) -> Wall {
        Wall { stands, detail: String::new() }
    }

    fn closed(landlock: bool, seccomp: bool, missing: &[&str]) -> Closed {
        let missing = missing.iter().map(|name| (*name).to_owned()).collect();
        Closed { landlock: wall(landlock), seccomp: wall(seccomp), missing }
    }

    /// This process is not shut in: what it tries succeeds, and no word of its walls can hide that.
    #[test]
    fn walls_that_only_claim_to_stand_are_found_out() {
        let report = closed(true, true, &[]).measure();
        let missing = report.posture.missing();
        for what in Trespass::HARMLESS {
            assert!(missing.contains(&what.to_string().as_str()), "{what}: {report:?}");
        }
        assert!(!proven(wall(true)).stands);
    }

    #[test]
    fn without_any_wall_there_is_no_sandbox_at_all() {
        assert_eq!(closed(false, false, &["landlock", "seccomp"]).measure().posture, Posture::Unsupported);
    }

    #[test]
    fn what_is_missing_says_what_to_do() {
        assert_eq!(Posture::Enforced.remedy(), None);
        let remedy = Posture::Partial { missing: vec!["landlock".into()] }.remedy();
        assert!(remedy.is_some_and(|remedy| remedy.contains("lsm=") && !remedy.contains("seccomp")));
        let remedy = Posture::Unsupported.remedy();
        assert!(remedy.is_some_and(|remedy| remedy.contains("lsm=") && remedy.contains("seccomp")));
        assert!(Posture::Partial { missing: vec!["socket".into()] }.remedy().is_some());
    }
}
