//! Latency figures of a fan-out run.

use anyhow::Context as _;

use crate::cli::args::FanoutArgs;

pub(super) struct FanoutFigures {
    /// Microseconds from the call to the commit, by number of the fact.
    pub lags: Vec<u32>,
    /// Number of the fact, and microseconds from the call to the listener.
    pub heard: Vec<(u32, u32)>,
}

impl FanoutFigures {
    pub(super) fn since_commit(&self) -> String {
        let lag = |nth: u32| self.lags.get(nth as usize).copied().unwrap_or(0);
        quantiles(self.heard.iter().map(|(nth, micros)| micros.saturating_sub(lag(*nth))).collect())
    }

    pub(super) fn since_asked(&self) -> String {
        quantiles(self.heard.iter().map(|(_, micros)| *micros).collect())
    }

    pub(super) fn until_commit(&self) -> String {
        quantiles(self.lags.clone())
    }

    /// Deliveries that should have been and were not.
    pub(super) fn missing(&self, args: &FanoutArgs, owners: usize) -> i64 {
        let listening = f64::from(args.sessions - args.stalled);
        (self.lags.len() as f64 * listening / owners as f64).round() as i64 - self.heard.len() as i64
    }
}

fn quantiles(mut micros: Vec<u32>) -> String {
    if micros.is_empty() {
        return "nothing to measure".into();
    }
    micros.sort_unstable();
    let at = |share: f64| f64::from(micros[((micros.len() - 1) as f64 * share) as usize]) / 1e3;
    format!("p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms", at(0.5), at(0.99), at(1.0))
}

/// Of this process, user and system, all threads.
///
/// # Errors
/// When the system does not tell.
pub(super) fn cpu_seconds() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name in parentheses may hold anything; fields are counted behind it, see proc_pid_stat(5).
    let (_, rest) = stat.rsplit_once(')').context("/proc/self/stat")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |nth: usize| fields.get(nth).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0);
    Ok((ticks(11) + ticks(12)) / TICKS_PER_SECOND)
}

/// `USER_HZ` is 100 on every Linux that Quire runs on, see time(7).
const TICKS_PER_SECOND: f64 = 100.0;

/// Memory of this process that is in use now.
///
/// # Errors
/// When the system does not tell.
pub(super) fn resident_kib() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("/proc/self/status")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
