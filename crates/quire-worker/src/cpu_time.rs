//! Processor time of a process, as `/proc` tells it.

use std::time::Duration;

/// The unit of the times in `/proc/*/stat` (USER_HZ): part of the kernel's interface, 100 on every Linux.
const TICKS_PER_SEC: u64 = 100;

/// Processor time of all threads of the process, in user and kernel mode; `None` when the process is gone.
pub fn process_cpu_time(pid: u32) -> Option<Duration> {
    parse_proc_stat(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Reads the processor time from proc_pid_stat(5): fields 14 and 15, counted behind the name, which may hold anything
/// but ends at the last `)`.
pub fn parse_proc_stat(stat: &str) -> Option<Duration> {
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace().skip(11);
    let user = fields.next()?.parse::<u64>().ok()?;
    let system = fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis((user + system) * 1_000 / TICKS_PER_SEC))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_program_does_not_disturb() {
        let stat = "17 (a ) R 9 9) S 1 17 17 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 1 0 100 1 1";
        assert_eq!(parse_proc_stat(stat), Some(Duration::from_secs(2)));
        assert_eq!(parse_proc_stat("17 (cut"), None);
    }

    #[test]
    fn this_process_has_used_some_and_no_process_none() {
        assert!(process_cpu_time(std::process::id()).is_some());
        assert_eq!(process_cpu_time(u32::MAX), None);
    }
}
