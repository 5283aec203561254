//! The filter's program, worked off here as the kernel would: every call there is, and the conditions at their edges.

use super::*;

const OWN_PID: u32 = 4711;

const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
const NO: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
const UNKNOWN: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;

#[cfg(target_arch = "x86_64")]
const ARCH: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const ARCH: u32 = 0xC000_00B7;
#[cfg(target_arch = "riscv64")]
const ARCH: u32 = 0xC000_00F3;

/// `struct seccomp_data` as 32-bit words.
fn data(call: i64, arguments: [u64; 6]) -> Vec<u32> {
    let mut words = vec![call as u32, ARCH, 0, 0];
    words.extend(arguments.iter().flat_map(|argument| [*argument as u32, (*argument >> 32) as u32]));
    words
}

/// The few instructions that these filters are made of.
fn run(program: &BpfProgram, data: &[u32]) -> u32 {
    let (mut at, mut accumulator) = (0, 0_u32);
    loop {
        let step = &program[at];
        let jump = |holds: bool| at + 1 + usize::from(if holds { step.jt } else { step.jf });
        at = match u32::from(step.code) {
            libc::BPF_RET => return step.k,
            code if code == libc::BPF_LD | libc::BPF_W | libc::BPF_ABS => {
                accumulator = data[step.k as usize / 4];
                at + 1
            }
            code if code == libc::BPF_ALU | libc::BPF_AND => {
                accumulator &= step.k;
                at + 1
            }
            code if code == libc::BPF_JMP | libc::BPF_JA => at + 1 + step.k as usize,
            code if code == libc::BPF_JMP | libc::BPF_JEQ => jump(accumulator == step.k),
            code if code == libc::BPF_JMP | libc::BPF_JGE => jump(accumulator >= step.k),
            code if code == libc::BPF_JMP | libc::BPF_JGT => jump(accumulator > step.k),
            code => panic!("instruction {code:#x}"),
        };
    }
}

/// The kernel's answer: of both, the lower one.
fn answer_to(call: i64, arguments: [u64; 6]) -> u32 {
    let data = data(call, arguments);
    programs(OWN_PID).unwrap().iter().map(|program| run(program, &data)).min().unwrap()
}

#[test]
fn every_call_that_is_not_on_the_list_is_denied() {
    let conditional = under_conditions(OWN_PID).unwrap();
    // With arguments that fit no condition.
    let strange = [u64::MAX; 6];
    let mut denied = 0;
    for call in 0..1024 {
        let answer = answer_to(call, strange);
        match call {
            libc::SYS_clone3 => assert_eq!(answer, UNKNOWN),
            _ if FREE.contains(&call) => assert_eq!(answer, ALLOW, "call {call}"),
            _ => {
                assert_eq!(answer, NO, "call {call}");
                denied += usize::from(!conditional.contains_key(&call));
            }
        }
    }
    assert!(denied > 900);
}

#[test]
fn what_must_never_be_on_the_list_is_not() {
    for call in [
        libc::SYS_openat,
        libc::SYS_openat2,
        libc::SYS_statx,
        libc::SYS_socket,
        libc::SYS_connect,
        libc::SYS_sendmsg,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_pidfd_open,
        libc::SYS_pidfd_getfd,
        libc::SYS_kill,
        libc::SYS_tkill,
        libc::SYS_rt_sigqueueinfo,
        libc::SYS_io_uring_setup,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_memfd_create,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_mount,
        libc::SYS_keyctl,
        libc::SYS_ioctl,
        libc::SYS_setpgid,
        libc::SYS_setsid,
    ] {
        assert_eq!(answer_to(call, [0; 6]), NO, "call {call}");
    }
}

#[test]
fn a_call_of_another_kind_of_processor_ends_the_process() {
    let mut other = data(libc::SYS_read, [0; 6]);
    other[1] = 0x4000_0003;
    let answers = programs(OWN_PID).unwrap().map(|program| run(&program, &other));
    assert!(answers.contains(&libc::SECCOMP_RET_KILL_PROCESS), "{answers:x?}");
}

#[test]
fn memory_cannot_be_made_executable() {
    let of = |protection: i32| [0, 4096, protection as u64, 0, 0, 0];
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        assert_eq!(answer_to(call, of(libc::PROT_READ | libc::PROT_WRITE)), ALLOW);
        assert_eq!(answer_to(call, of(libc::PROT_NONE)), ALLOW);
        assert_eq!(answer_to(call, of(libc::PROT_EXEC)), NO);
        assert_eq!(answer_to(call, of(libc::PROT_READ | libc::PROT_EXEC)), NO);
    }
}

#[test]
fn a_thread_may_be_made_and_a_process_may_not() {
    let with = |flags: i32| answer_to(libc::SYS_clone, [flags as u64, 0, 0, 0, 0, 0]);
    let more = libc::CLONE_FS | libc::CLONE_FILES | libc::CLONE_SYSVSEM | libc::CLONE_SETTLS;
    assert_eq!(with(OF_A_THREAD | more), ALLOW);
    assert_eq!(with(libc::SIGCHLD), NO);
    assert_eq!(with(libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD), NO);
    assert_eq!(with(OF_A_THREAD | libc::CLONE_NEWUSER), NO);
}

#[test]
fn signals_and_limits_are_for_this_process_alone() {
    let kill = |pid: u64| answer_to(libc::SYS_tgkill, [pid, pid, 6, 0, 0, 0]);
    assert_eq!((kill(u64::from(OWN_PID)), kill(1)), (ALLOW, NO));
    let limit = |pid: u64, resource: u32, new: u64| {
        answer_to(libc::SYS_prlimit64, [pid, u64::from(resource), new, 0x7000, 0, 0])
    };
    assert_eq!(limit(0, libc::RLIMIT_AS, 0), ALLOW, "may be read");
    assert_eq!(limit(0, libc::RLIMIT_AS, 0x1000), NO);
    assert_eq!(limit(0, libc::RLIMIT_CPU, 0x1000), ALLOW);
    assert_eq!(limit(1, libc::RLIMIT_CPU, 0x1000), NO);
    assert_eq!(limit(1, libc::RLIMIT_AS, 0), NO);
}

#[test]
fn nothing_is_sent_to_an_address() {
    assert_eq!(answer_to(libc::SYS_sendto, [0, 0x1000, 10, 0, 0, 0]), ALLOW);
    assert_eq!(answer_to(libc::SYS_sendto, [0, 0x1000, 10, 0, 0x1_0000_0000, 16]), NO);
}
