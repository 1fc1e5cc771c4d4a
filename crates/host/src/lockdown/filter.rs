//! Which system calls are refused, and which are asked about.
//!
//! A filter is inherited by every program that this process starts, and cannot tell them apart. What
//! nobody needs is refused to all ([`REFUSED`]). What ordinary programs need, such as mapping their
//! libraries or returning from a signal handler, is asked about ([`asked`]): the warden refuses it to
//! this process alone. What the host itself still needs carries a word, a number that only it knows, in
//! an argument which the call does not use.

use std::collections::BTreeMap;
use std::os::fd::{FromRawFd as _, OwnedFd, RawFd};
use std::sync::mpsc::Sender;

use faastlane_abi::LEAVE_SIGNAL;
use libc::{
    BPF_ABS, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W,
    SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_TSYNC_ESRCH,
    SECCOMP_RET_ERRNO, SECCOMP_RET_TRACE, SECCOMP_RET_USER_NOTIF,
};
use seccompiler::SeccompCmpArgLen::{Dword, Qword};
use seccompiler::SeccompCmpOp::{Eq, MaskedEq, Ne};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, sock_filter,
};

use super::own::Word;
use super::{Error, last_error};

/// One argument of a call: its index, how much of it the kernel reads, and what it must be.
type Condition = (u8, SeccompCmpArgLen, SeccompCmpOp, u64);

/// A system call, and what its arguments must all be for the rule to hold.
type Rule = (i64, Vec<Condition>);

/// Refused to this process and to all programs that it starts: they read or change the memory of
/// other processes, or watch them.
const REFUSED: [i64; 8] = [
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_ptrace,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
];

/// Asked about, whatever the arguments: they change keys, let the kernel read and write memory in the
/// background, make memory that is a file, change how addresses are understood, or add filters.
const ASKED: [i64; 11] = [
    libc::SYS_pkey_alloc,
    libc::SYS_pkey_free,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_remap_file_pages,
    libc::SYS_personality,
    libc::SYS_modify_ldt,
    libc::SYS_arch_prctl,
    libc::SYS_seccomp,
];

/// Options of `prctl` that are asked about: who may look into the process, where the kernel believes
/// its parts to be, and what happens to its system calls.
const ASKED_PRCTL: [i32; 5] = [
    libc::PR_SET_DUMPABLE,
    libc::PR_SET_SECCOMP,
    libc::PR_SET_MM,
    libc::PR_SET_PTRACER,
    PR_SET_SYSCALL_USER_DISPATCH,
];

/// `linux/prctl.h`
const PR_SET_SYSCALL_USER_DISPATCH: i32 = 59;

/// Signals whose handlers are the host's.
const HANDLED: [i32; 6] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT, LEAVE_SIGNAL];

/// Calls of the x32 interface have this bit (`asm/unistd.h`).
const X32: u32 = 0x4000_0000;

/// `linux/audit.h`
const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;

/// Places in `struct seccomp_data`.
const NUMBER_AT: u32 = 0;
const ARCH_AT: u32 = 4;

fn refused(word: Word) -> Vec<Rule> {
    let mut rules: Vec<Rule> = REFUSED.iter().map(|number| (*number, Vec::new())).collect();
    let shm_exec = libc::SHM_EXEC.cast_unsigned().into();
    rules.push((libc::SYS_shmat, vec![(2, Dword, MaskedEq(shm_exec), shm_exec)]));
    // Answers to what the warden is asked: it alone knows the word.
    let answers = libc::SECCOMP_IOCTL_NOTIF_RECV & 0xff00;
    let other_word = (5, Qword, Ne, word.0);
    rules.push((libc::SYS_ioctl, vec![(1, Dword, MaskedEq(0xff00), answers), other_word]));
    rules
}

fn asked(word: Word) -> Vec<Rule> {
    let mut rules: Vec<Rule> = ASKED.iter().map(|number| (*number, Vec::new())).collect();
    let exec = libc::PROT_EXEC.cast_unsigned().into();
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.push((call, vec![(2, Dword, MaskedEq(exec), exec)]));
    }
    let prctl = ASKED_PRCTL.iter().map(|option| u64::from(option.cast_unsigned()));
    rules.extend(prctl.map(|option| (libc::SYS_prctl, vec![(0, Dword, Eq, option)])));
    // Unless the host makes the call: a forged frame of a handler would restore any rights.
    let foreign = |index| (index, Qword, Ne, word.0);
    rules.push((libc::SYS_rt_sigreturn, vec![foreign(0)]));
    rules.push((libc::SYS_pkey_mprotect, vec![foreign(4)]));
    // It could be mapped as code.
    rules.push((libc::SYS_memfd_create, vec![foreign(2)]));
    // Asking what is set is no change.
    let change = |index| (index, Qword, Ne, 0);
    rules.push((libc::SYS_sigaltstack, vec![change(0), foreign(2)]));
    let handled = HANDLED.iter().map(|signal| u64::from(signal.cast_unsigned()));
    rules.extend(handled.map(|signal| {
        (libc::SYS_rt_sigaction, vec![(0, Dword, Eq, signal), change(1), foreign(4)])
    }));
    rules
}

/// Marks a call that is asked about, as seccompiler has no such action.
const ASK: SeccompAction = SeccompAction::Trace(1);

fn program(rules: Vec<Rule>, action: SeccompAction) -> BpfProgram {
    let mut by_call: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for (call, conditions) in rules {
        let chain = by_call.entry(call).or_default();
        if !conditions.is_empty() {
            let conditions = conditions.into_iter().map(|(index, length, operator, value)| {
                SeccompCondition::new(index, length, operator, value).expect("a call has six")
            });
            chain.push(SeccompRule::new(conditions.collect()).expect("there is a condition"));
        }
    }
    let filter = SeccompFilter::new(by_call, SeccompAction::Allow, action, TargetArch::x86_64);
    let program: BpfProgram =
        filter.expect("two actions that differ").try_into().expect("rules are few");
    let marked = SECCOMP_RET_TRACE | 1;
    let ask = |mut step: sock_filter| {
        if u32::from(step.code) == BPF_RET && step.k == marked {
            step.k = SECCOMP_RET_USER_NOTIF;
        }
        step
    };
    foreign_calls().into_iter().chain(program.into_iter().map(ask)).collect()
}

/// Calls of other interfaces have numbers of their own, so no rule would hold for them: there are none.
fn foreign_calls() -> [sock_filter; 6] {
    let step = |code: u32, jt, jf, k| sock_filter {
        code: u16::try_from(code).expect("codes have 16 bits"),
        jt,
        jf,
        k,
    };
    let errno = SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned();
    [
        step(BPF_LD | BPF_W | BPF_ABS, 0, 0, ARCH_AT),
        step(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AUDIT_ARCH_X86_64),
        step(BPF_RET | BPF_K, 0, 0, errno),
        step(BPF_LD | BPF_W | BPF_ABS, 0, 0, NUMBER_AT),
        step(BPF_JMP | BPF_JGE | BPF_K, 0, 1, X32),
        step(BPF_RET | BPF_K, 0, 0, errno),
    ]
}

/// Filters all threads from now on; `listener` gets what the warden listens at.
pub(super) fn install(word: Word, listener: Sender<OwnedFd>) -> Result<(), Error> {
    let eperm = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    apply(&program(refused(word), eperm), SECCOMP_FILTER_FLAG_TSYNC)?;
    let flags = SECCOMP_FILTER_FLAG_TSYNC
        | SECCOMP_FILTER_FLAG_TSYNC_ESRCH
        | SECCOMP_FILTER_FLAG_NEW_LISTENER;
    let descriptor = apply(&program(asked(word), ASK), flags)?;
    // SAFETY: the kernel has just made it, and nobody else knows it.
    let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
    listener.send(descriptor).expect("the warden waits for it");
    Ok(())
}

fn apply(program: &BpfProgram, flags: libc::c_ulong) -> Result<RawFd, Error> {
    let program = libc::sock_fprog {
        len: u16::try_from(program.len()).expect("some hundred steps"),
        // The two types of a step have the same layout, that of the kernel.
        filter: program.as_ptr().cast::<libc::sock_filter>().cast_mut(),
    };
    let mode = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: the kernel reads the program during the call, during which it lives.
    let result = unsafe { libc::syscall(libc::SYS_seccomp, mode, flags, &raw const program) };
    if result < 0 {
        return Err(last_error("installing a seccomp filter (Linux 5.7 or newer is needed)"));
    }
    Ok(RawFd::try_from(result).expect("a descriptor"))
}
