//! Sandbox of the child, applied before the first byte of a document is read, and the report of its layers.
//!
//! Two walls, one behind the other: [`files`] (Landlock: no path can be opened) and [`calls`] (seccomp: no system call
//! but those that parsing needs). **Whether they stand is measured, not believed**: after closing, the process tries
//! what it must not do ([`escape_probe`]), and only what was denied counts. Runs in the child; the parent reads the report.

mod calls;
mod escape_probe;
mod files;

use serde::{Deserialize, Serialize};

pub use escape_probe::{EscapeProbe, ProbeAttempt, ProbeOutcome};

/// Enforcement of a worker process's sandbox.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SandboxStatus {
    /// Both walls stand, and everything that was tried was denied.
    Enforced,
    /// Some doors stand open; `missing` names the walls that do not stand and what could be done.
    Partial { missing: Vec<String> },
    /// This system has none of the walls.
    #[default]
    Unsupported,
}

/// Layers of the sandbox that are left out on purpose, to see what happens without them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledLayer {
    #[default]
    Nothing,
    Landlock,
    Seccomp,
    Both,
}

/// Report of a process about its own sandbox.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxReport {
    pub posture: SandboxStatus,
    pub landlock: SandboxLayer,
    pub seccomp: SandboxLayer,
    /// Probes tried after the sandbox was applied, on the thread that parses.
    pub attempts: Vec<ProbeAttempt>,
}

/// One layer of the sandbox: whether it holds, and why not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxLayer {
    pub stands: bool,
    /// Detail of the layer, or why there is none.
    pub detail: String,
}

/// Sandbox applied, not yet verified.
#[derive(Debug)]
pub struct UnverifiedSandbox {
    landlock: SandboxLayer,
    seccomp: SandboxLayer,
    missing: Vec<String>,
}

impl DisabledLayer {
    /// Whether Landlock is left out.
    pub fn disables_landlock(self) -> bool {
        matches!(self, DisabledLayer::Landlock | DisabledLayer::Both)
    }

    /// Whether seccomp is left out.
    pub fn disables_seccomp(self) -> bool {
        matches!(self, DisabledLayer::Seccomp | DisabledLayer::Both)
    }
}

impl SandboxStatus {
    /// The layers that do not hold and the escapes that were not denied.
    pub fn missing_parts(&self) -> Vec<&str> {
        match self {
            SandboxStatus::Enforced => Vec::new(),
            SandboxStatus::Partial { missing } => missing.iter().map(String::as_str).collect(),
            SandboxStatus::Unsupported => vec![LANDLOCK, SECCOMP],
        }
    }

    /// Remedy for an operator; none when nothing is missing.
    pub fn remedy(&self) -> Option<String> {
        let missing = self.missing_parts();
        let mut remedies: Vec<_> = REMEDIES.iter().filter(|(layer, _)| missing.contains(layer)).collect();
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

/// Applies the sandbox as far as this system can. To be called on the only thread there is, so that all later ones are
/// bound.
///
/// `inherited_fds_closed`: whether every inherited descriptor but the three standard ones was closed.
pub fn apply_sandbox(without: DisabledLayer, inherited_fds_closed: bool) -> UnverifiedSandbox {
    let mut missing = Vec::new();
    if !inherited_fds_closed {
        missing.push("descriptors".to_owned());
    }
    if rustix::thread::set_no_new_privs(true).is_err() {
        missing.push("no_new_privs".to_owned());
    }
    let landlock = if without.disables_landlock() { left_out() } else { files::shut() };
    // The inner wall is tried now: behind the outer one nobody could tell whether it stands.
    let landlock = proven(landlock);
    let seccomp = if without.disables_seccomp() { left_out() } else { calls::shut() };
    for (layer, name) in [(&landlock, LANDLOCK), (&seccomp, SECCOMP)] {
        if !layer.stands {
            missing.push(name.to_owned());
        }
    }
    UnverifiedSandbox { landlock, seccomp, missing }
}

impl UnverifiedSandbox {
    /// Tries every escape; to be called on the thread that will parse.
    pub fn verify_by_probes(self) -> SandboxReport {
        let attempts: Vec<ProbeAttempt> = EscapeProbe::HARMLESS.into_iter().map(EscapeProbe::attempt).collect();
        let mut missing = self.missing;
        missing.extend(attempts.iter().filter(|attempt| !attempt.is_denied()).map(|attempt| attempt.what.to_string()));
        let posture = match (self.landlock.stands || self.seccomp.stands, missing.is_empty()) {
            (false, _) => SandboxStatus::Unsupported,
            (true, true) => SandboxStatus::Enforced,
            (true, false) => SandboxStatus::Partial { missing },
        };
        SandboxReport { posture, landlock: self.landlock, seccomp: self.seccomp, attempts }
    }
}

fn left_out() -> SandboxLayer {
    SandboxLayer { stands: false, detail: "left out by testing.sandbox_without".into() }
}

fn proven(layer: SandboxLayer) -> SandboxLayer {
    if !layer.stands {
        return layer;
    }
    match EscapeProbe::ON_FILES.into_iter().map(EscapeProbe::attempt).find(|attempt| !attempt.is_denied()) {
        None => layer,
        Some(ProbeAttempt { what, outcome }) => SandboxLayer { stands: false, detail: format!("{what}: {outcome}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(stands: bool) -> SandboxLayer {
        SandboxLayer { stands, detail: String::new() }
    }

    fn closed(landlock: bool, seccomp: bool, missing: &[&str]) -> UnverifiedSandbox {
        let missing = missing.iter().map(|name| (*name).to_owned()).collect();
        UnverifiedSandbox { landlock: layer(landlock), seccomp: layer(seccomp), missing }
    }

    /// This process is not shut in: what it tries succeeds, and no word of its walls can hide that.
    #[test]
    fn walls_that_only_claim_to_stand_are_found_out() {
        let report = closed(true, true, &[]).verify_by_probes();
        let missing = report.posture.missing_parts();
        for what in EscapeProbe::HARMLESS {
            assert!(missing.contains(&what.to_string().as_str()), "{what}: {report:?}");
        }
        assert!(!proven(layer(true)).stands);
    }

    #[test]
    fn without_any_wall_there_is_no_sandbox_at_all() {
        assert_eq!(
            closed(false, false, &["landlock", "seccomp"]).verify_by_probes().posture,
            SandboxStatus::Unsupported
        );
    }

    #[test]
    fn what_is_missing_says_what_to_do() {
        assert_eq!(SandboxStatus::Enforced.remedy(), None);
        let remedy = SandboxStatus::Partial { missing: vec!["landlock".into()] }.remedy();
        assert!(remedy.is_some_and(|remedy| remedy.contains("lsm=") && !remedy.contains("seccomp")));
        let remedy = SandboxStatus::Unsupported.remedy();
        assert!(remedy.is_some_and(|remedy| remedy.contains("lsm=") && remedy.contains("seccomp")));
        assert!(SandboxStatus::Partial { missing: vec!["socket".into()] }.remedy().is_some());
    }
}
