//! What a process can still do after lock-down. Each case runs in a process of its own: this test
//! program once more, which does what the case says and ends with the number of the error, or 0.

#![cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
#![expect(unsafe_code, reason = "it makes system calls with bad intentions")]

use std::ffi::{CStr, c_int, c_long};
use std::fs;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::process::Command;
use std::ptr::null_mut;

use faastlane_host::lockdown;

/// Names the case for the process that runs it.
const CASE: &str = "FAASTLANE_TEST_CASE";

/// What a case does, and how it ends: an `errno`.
type Case = (&'static str, fn() -> c_int, c_int);

const REFUSED: [Case; 25] = [
    ("pkey_alloc", || call(libc::SYS_pkey_alloc, [0; 6]), libc::EPERM),
    ("pkey_free", || call(libc::SYS_pkey_free, [1, 0, 0, 0, 0, 0]), libc::EPERM),
    ("pkey_mprotect", || call(libc::SYS_pkey_mprotect, [page(), 4096, 3, 0, 0, 0]), libc::EPERM),
    (
        "process_vm_readv",
        || call(libc::SYS_process_vm_readv, [own_id(), 0, 0, 0, 0, 0]),
        libc::EPERM,
    ),
    (
        "process_vm_writev",
        || call(libc::SYS_process_vm_writev, [own_id(), 0, 0, 0, 0, 0]),
        libc::EPERM,
    ),
    ("ptrace", || call(libc::SYS_ptrace, [0x4206, 1 << 30, 0, 0, 0, 0]), libc::EPERM),
    ("kcmp", || call(libc::SYS_kcmp, [own_id(), own_id(), 0, 0, 0, 0]), libc::EPERM),
    ("userfaultfd", || call(libc::SYS_userfaultfd, [0; 6]), libc::EPERM),
    ("io_uring", || call(libc::SYS_io_uring_setup, [1, page(), 0, 0, 0, 0]), libc::EPERM),
    (
        "remap_file_pages",
        || call(libc::SYS_remap_file_pages, [page(), 4096, 0, 0, 0, 0]),
        libc::EPERM,
    ),
    ("personality", || call(libc::SYS_personality, [0x0040_0000, 0, 0, 0, 0, 0]), libc::EPERM),
    ("memfd", || call(libc::SYS_memfd_create, [page(), 0, 0, 0, 0, 0]), libc::EPERM),
    ("another filter", || call(libc::SYS_seccomp, [1, 0, 0, 0, 0, 0]), libc::EPERM),
    ("filter by prctl", || prctl(libc::PR_SET_SECCOMP, 2), libc::EPERM),
    ("dumpable", || prctl(libc::PR_SET_DUMPABLE, 1), libc::EPERM),
    ("ptracer", || prctl(libc::PR_SET_PTRACER, -1), libc::EPERM),
    ("shared code", || call(libc::SYS_shmat, [0, 0, 0o100_000, 0, 0, 0]), libc::EPERM),
    ("anonymous code", || map_code(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1), libc::EPERM),
    ("data to code", || call(libc::SYS_mprotect, [page(), 4096, 5, 0, 0, 0]), libc::EPERM),
    (
        "own memory as a file",
        || own_memory().map_or_else(|error| errno(&error), |_| 0),
        libc::EACCES,
    ),
    ("fault handler", || handle(libc::SIGSEGV), libc::EPERM),
    ("alternate stack", || call(libc::SYS_sigaltstack, [page(), 0, 0, 0, 0, 0]), libc::EPERM),
    ("x32", || call(0x4000_0000 | libc::SYS_getpid, [0; 6]), libc::ENOSYS),
    ("thread pointer", || call(libc::SYS_arch_prctl, [0x1003, page(), 0, 0, 0, 0]), libc::EPERM),
    ("file with a gadget", || map_file(b"\x0f\x01\xef"), libc::EPERM),
];

const ALLOWED: [Case; 7] = [
    ("other signal handlers", || handle(libc::SIGUSR1), 0),
    ("threads", || std::thread::spawn(own_id).join().map_or(1, |_| 0), 0),
    ("a late library", late_library, 0),
    ("a program that maps libraries", || run("exit 0"), 0),
    // A handler of a shell returns as all do.
    ("a program that handles signals", || run("trap 'exit 7' USR1; kill -USR1 $$; exit 1"), 7),
    ("a program in a program", || run("sh -c 'exit 3'; exit $?"), 3),
    ("a signal handler that returns", signal, 0),
];

#[test]
fn side_doors_are_shut() {
    check_all("side_doors_are_shut", &REFUSED);
}

#[test]
fn ordinary_work_goes_on() {
    check_all("ordinary_work_goes_on", &ALLOWED);
}

/// The same deeds succeed, or fail for another reason: this machine may lack keys or a module.
#[test]
fn without_lockdown_they_are_open() {
    let open = |(name, ..): &&Case| !NEVER_OPEN.contains(name);
    let cases: Vec<_> = REFUSED.iter().filter(open).copied().collect();
    let ended = end_all("without_lockdown_they_are_open", &cases, || {});
    let shut: Vec<_> =
        ended.iter().zip(&cases).filter(|(end, case)| end.code == Some(case.2)).collect();
    assert!(shut.is_empty(), "{shut:#?}");
}

/// Not there on most kernels.
const NEVER_OPEN: [&str; 1] = ["x32"];

#[track_caller]
fn check_all(test: &str, cases: &[Case]) {
    let lock = || {
        lockdown::privileges::drop_root(&[]).unwrap();
        lockdown::prepare().unwrap();
        lockdown::shut().unwrap();
    };
    let ended = end_all(test, cases, lock);
    let expected: Vec<_> = cases.iter().map(|(name, _, code)| (*name, Some(*code))).collect();
    let found: Vec<_> = ended.iter().map(|end| (end.case, end.code)).collect();
    assert_eq!(found, expected, "{ended:#?}");
}

#[derive(Debug)]
struct End {
    case: &'static str,
    code: Option<i32>,
    #[expect(dead_code, reason = "shown when a test fails")]
    stderr: String,
}

/// Runs all cases, each in a process that prepares itself first. In such a process: runs the case and
/// ends.
#[expect(clippy::exit, reason = "the exit code is the result")]
fn end_all(test: &str, cases: &[Case], prepare: fn()) -> Vec<End> {
    if let Ok(name) = std::env::var(CASE) {
        let (_, deed, _) = cases.iter().find(|(case, ..)| *case == name).expect("a case");
        prepare();
        std::process::exit(deed());
    }
    let program = std::env::current_exe().unwrap();
    let end = |(case, ..): &Case| {
        let mut command = Command::new(&program);
        command.args([test, "--exact", "--nocapture"]).env(CASE, case).env("LD_BIND_NOW", "1");
        let output = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        End { case, code: output.status.code(), stderr }
    };
    cases.iter().map(end).collect()
}

fn errno(error: &std::io::Error) -> c_int {
    error.raw_os_error().unwrap_or(-1)
}

fn last_errno() -> c_int {
    errno(&std::io::Error::last_os_error())
}

/// The error of a system call, or 0.
fn call(number: c_long, [a, b, c, d, e, f]: [c_long; 6]) -> c_int {
    // SAFETY: addresses among the arguments are those of a page made for this.
    let result = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    if result < 0 { last_errno() } else { 0 }
}

fn prctl(option: c_int, value: c_long) -> c_int {
    call(libc::SYS_prctl, [option.into(), value, 0, 0, 0, 0])
}

fn own_id() -> c_long {
    std::process::id().into()
}

/// The address of a page of zeros that nobody else uses.
fn page() -> c_long {
    let (rights, flags) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a mapping at a free place.
    let page = unsafe { libc::mmap(null_mut(), 4096, rights, flags, -1, 0) };
    page as c_long
}

fn map_code(flags: c_int, descriptor: c_int) -> c_int {
    let rights = libc::PROT_READ | libc::PROT_EXEC;
    // SAFETY: a mapping at a free place.
    let mapped = unsafe { libc::mmap(null_mut(), 4096, rights, flags, descriptor, 0) };
    if mapped == libc::MAP_FAILED { last_errno() } else { 0 }
}

fn map_file(code: &[u8]) -> c_int {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(code).unwrap();
    map_code(libc::MAP_PRIVATE, file.as_raw_fd())
}

fn own_memory() -> std::io::Result<fs::File> {
    fs::File::open("/proc/self/mem")
}

extern "C" fn do_nothing(_: c_int) {}

fn handle(signal: c_int) -> c_int {
    // SAFETY: plain numbers, for which 0 is a value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = do_nothing as *const () as usize;
    // SAFETY: the action lives during the call, and its handler does nothing.
    let result = unsafe { libc::sigaction(signal, &raw const action, null_mut()) };
    if result == 0 { 0 } else { last_errno() }
}

fn late_library() -> c_int {
    let name: &CStr = c"libutil.so.1";
    // SAFETY: a library of the system, whose constructors do nothing.
    let library = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW) };
    i32::from(library.is_null())
}

fn run(script: &str) -> c_int {
    Command::new("/bin/sh").args(["-c", script]).status().unwrap().code().unwrap_or(-1)
}

extern "C" fn return_by_word(_: c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: it is what the kernel gave, and nothing is left to drop.
    unsafe { lockdown::return_from_signal(context) };
}

/// A handler that ends as handlers of the host do.
fn signal() -> c_int {
    // SAFETY: plain numbers, for which 0 is a value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = return_by_word as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO;
    // SAFETY: the action lives during the call; its handler only returns.
    assert_eq!(unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, null_mut()) }, 0);
    // SAFETY: the handler is installed.
    unsafe { libc::raise(libc::SIGUSR1) }
}
