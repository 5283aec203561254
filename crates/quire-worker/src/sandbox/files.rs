//! The inner layer: Landlock. All rights are handled and no rule grants any, so no path can be opened, made or run.

use landlock::{
    ABI, Access, AccessFs, AccessNet, LandlockStatus, RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope,
};

use super::SandboxLayer;

/// A rule that an older kernel lacks is left out: paths alone came first, then TCP, devices, signals and sockets.
const NEWEST: ABI = ABI::V9;

/// Binds this thread and all that it starts.
pub(super) fn shut() -> SandboxLayer {
    match restrict() {
        Ok(status) => {
            SandboxLayer { stands: status.ruleset != RulesetStatus::NotEnforced, detail: words(&status.landlock) }
        }
        Err(error) => SandboxLayer { stands: false, detail: error.to_string() },
    }
}

fn restrict() -> Result<RestrictionStatus, RulesetError> {
    Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        // This process tries on purpose what is denied here; an audit log has no use for it.
        .log_same_exec(false)?
        .restrict_self()
}

fn words(status: &LandlockStatus) -> String {
    match status {
        LandlockStatus::Available { effective_abi, kernel_abi } => {
            format!("ABI {}", kernel_abi.unwrap_or(*effective_abi as i32))
        }
        LandlockStatus::NotEnabled => "in the kernel, but not switched on at boot".into(),
        LandlockStatus::NotImplemented => "not in this kernel".into(),
    }
}
