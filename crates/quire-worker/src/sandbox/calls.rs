//! The outer layer: seccomp. Lets through what a parsing process needs and answers everything else with EPERM.
//!
//! Why not kill: libraries ask for things they can do without (how many processors the group may use, a name for a
//! piece of memory) and take no for an answer. Killed for such a question, a good document would end as a crash.

use std::collections::BTreeMap;

use nix::libc;
use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use super::SandboxLayer;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Allowed whatever the arguments are: each acts on this process only, or on descriptors that it was given.
const FREE: &[i64] = &[
    // The channel, standard error, and a document's descriptor. No sendmsg: nothing passes a descriptor out.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_recvmsg,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_fstat,
    libc::SYS_close,
    // Memory; what could make it executable is in `under_conditions`.
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    // Threads, and how a process ends.
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_exit,
    libc::SYS_exit_group,
    // Signals of its own: the message of a full stack, `abort`, going on after a stop.
    libc::SYS_sigaltstack,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_restart_syscall,
    // The time, dice, and who it is.
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    // Passes this wall to be turned back by `told_that_it_does_not_exist`.
    libc::SYS_clone3,
];

/// A thread shares all of this with its maker; a process would not.
const OF_A_THREAD: i32 = libc::CLONE_VM | libc::CLONE_SIGHAND | libc::CLONE_THREAD;

/// None of these may come with a thread.
const NAMESPACES: i32 = libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET;

/// Binds all threads of this process, and all that come later.
pub(super) fn shut() -> SandboxLayer {
    match programs(std::process::id()).and_then(|programs| programs.iter().try_for_each(apply)) {
        Ok(()) => SandboxLayer { stands: true, detail: "an allow-list".into() },
        Err(error) => SandboxLayer { stands: false, detail: error.to_string() },
    }
}

fn apply(program: &BpfProgram) -> Result<(), Error> {
    seccompiler::apply_filter_all_threads(program)
}

/// In the order they are to be applied; of two answers the stricter one counts.
fn programs(own_pid: u32) -> Result<[BpfProgram; 2], Error> {
    let mut allowed = under_conditions(own_pid)?;
    allowed.extend(FREE.iter().map(|call| (*call, Vec::new())));
    let refused = SeccompAction::Errno(libc::EPERM as u32);
    Ok([told_that_it_does_not_exist()?, compiled(allowed, refused, SeccompAction::Allow)?])
}

/// The flags of `clone3` lie in memory that a filter cannot read. A C library told so takes `clone` instead, whose
/// flags can be checked.
fn told_that_it_does_not_exist() -> Result<BpfProgram, Error> {
    let rules = Rules::from([(libc::SYS_clone3, Vec::new())]);
    compiled(rules, SeccompAction::Allow, SeccompAction::Errno(libc::ENOSYS as u32))
}

fn under_conditions(own_pid: u32) -> Result<Rules, Error> {
    let executable = libc::PROT_EXEC as u64;
    let thread = OF_A_THREAD as u64;
    Ok(Rules::from([
        // Memory that cannot be run.
        (libc::SYS_mmap, vec![rule([masked(2, executable, 0)])?]),
        (libc::SYS_mprotect, vec![rule([masked(2, executable, 0)])?]),
        // Threads of this process, never another process.
        (libc::SYS_clone, vec![rule([masked(0, thread | NAMESPACES as u64, thread)])?]),
        // The channel is connected: nothing is sent to an address.
        (libc::SYS_sendto, vec![rule([pointer(4, 0)])?]),
        // Signals to itself: `abort`.
        (libc::SYS_tgkill, vec![rule([word(0, u64::from(own_pid))])?]),
        // Its own limits may be read; set only the one for processor time, up to what the door left it.
        (
            libc::SYS_prlimit64,
            vec![rule([word(0, 0), pointer(2, 0)])?, rule([word(0, 0), word(1, u64::from(libc::RLIMIT_CPU))])?],
        ),
        // A name for a new thread.
        (libc::SYS_prctl, vec![rule([word(0, libc::PR_SET_NAME as u64)])?]),
        // The standard library asks whether a descriptor that it closes was open.
        (libc::SYS_fcntl, vec![rule([word(1, libc::F_GETFD as u64)])?]),
    ]))
}

fn compiled(rules: Rules, otherwise: SeccompAction, for_these: SeccompAction) -> Result<BpfProgram, Error> {
    let arch = std::env::consts::ARCH.try_into()?;
    Ok(SeccompFilter::new(rules, otherwise, for_these, arch)?.try_into()?)
}

fn rule<const N: usize>(conditions: [Result<SeccompCondition, Error>; N]) -> Result<SeccompRule, Error> {
    Ok(SeccompRule::new(conditions.into_iter().collect::<Result<_, _>>()?)?)
}

/// For arguments that the kernel reads as 32 bits.
fn word(argument: u8, value: u64) -> Result<SeccompCondition, Error> {
    Ok(SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)?)
}

fn pointer(argument: u8, value: u64) -> Result<SeccompCondition, Error> {
    Ok(SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, value)?)
}

fn masked(argument: u8, mask: u64, value: u64) -> Result<SeccompCondition, Error> {
    Ok(SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(mask), value)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
