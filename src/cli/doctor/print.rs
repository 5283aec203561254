//! Prints the checks for a person or as JSON.

use std::io::{IsTerminal, Write as _};

use crate::doctor::{CheckResult, CheckStatus, DoctorReport};

/// One object: the worst verdict, then every finding.
///
/// # Errors
/// None that a finding could cause.
pub(super) fn json(report: &DoctorReport) -> serde_json::Result<()> {
    println!("{}", serde_json::to_string_pretty(report)?);
    Ok(())
}

pub(super) fn table(findings: &[CheckResult]) {
    let is_terminal = std::io::stdout().is_terminal();
    for finding in findings {
        println!("{}  {:<12} {}", label(finding.verdict, is_terminal), finding.name, finding.says);
        for (thing, state) in &finding.lines {
            println!("        {thing:<26} {state}");
        }
        if let Some(remedy) = &finding.remedy {
            println!("      → {remedy}");
        }
    }
    println!("\n{}", summary(findings));
    // A closed pipe has no reader to tell.
    let _ = std::io::stdout().flush();
}

fn summary(findings: &[CheckResult]) -> String {
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let warnings = |count| if count == 1 { "1 warning".to_owned() } else { format!("{count} warnings") };
    match (count(CheckStatus::Fail), count(CheckStatus::Warn)) {
        (0, 0) => "All is well.".to_owned(),
        (0, warned) => format!("{}, nothing that fails.", warnings(warned)),
        (failed, warned) => format!("{failed} failed, {}.", warnings(warned)),
    }
}

fn label(verdict: CheckStatus, is_coloured: bool) -> String {
    let (word, colour) = match verdict {
        CheckStatus::Ok => ("ok  ", 32),
        CheckStatus::Warn => ("warn", 33),
        CheckStatus::Fail => ("FAIL", 31),
    };
    if is_coloured { format!("\u{1b}[{colour}m{word}\u{1b}[0m") } else { word.to_owned() }
}
