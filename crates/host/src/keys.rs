//! Protection keys: whose memory a thread may touch is a register of the processor, which a gate
//! writes in a few nanoseconds.
//!
//! | key | memory |
//! | --- | --- |
//! | 0 | shared: code, ld.so, the base libc and its heap, stacks of threads that functions start |
//! | the first | the orchestrator's: its heap ([`crate::HostAllocator`]) and its stack |
//! | one each | a lane's: its heap and maps, the data of its objects, its stack, its exchange slot |
//!
//! The kernel is asked for keys, not the processor's name looked up.

use crate::NoKeys;
use crate::gate::constants;
use crate::lockdown;
use std::arch::x86_64::__cpuid_count;
use std::arch::{asm, naked_asm};
use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use std::{fmt, io};

/// Whether there are protection keys.
///
/// # Errors
/// Why not.
pub fn available() -> Result<(), NoKeys> {
    if constants::keys() {
        return Ok(());
    }
    let key = look_for_one()?;
    // SAFETY: the key has just been allocated, and no memory has it.
    unsafe { libc::syscall(libc::SYS_pkey_free, key) };
    Ok(())
}

/// From now on, lanes in namespaces of their own get a key each, and the memory of
/// [`crate::HostAllocator`] one for itself. To be called before the first lane is loaded, on the thread
/// that will call lanes; threads that exist already may touch none of that memory.
///
/// # Errors
/// If there are no keys.
pub fn enable() -> Result<(), NoKeys> {
    if constants::keys() {
        return Ok(());
    }
    let key = look_for_one()?;
    register(key, "the orchestrator".to_owned());
    // SAFETY: a key has been given out, and lock-down comes after this.
    unsafe { write_rights(EVERYTHING) };
    crate::allocator::protect(key).map_err(NoKeys::Refused)?;
    constants::set(true);
    Ok(())
}

/// Runs `work` on a stack that no lane may touch, if there are keys, and on this one if there are none.
///
/// # Panics
/// As `work` does.
pub fn on_protected_stack<R>(work: impl FnOnce() -> R) -> R {
    let stack = crate::stack::Stack::new().ok().filter(|_| constants::keys());
    let Some(stack) = stack.filter(|stack| stack.protect(Key(ORCHESTRATOR)).is_ok()) else {
        return work();
    };
    struct Job<W, R> {
        work: Option<W>,
        result: Option<std::thread::Result<R>>,
    }
    extern "C" fn run<W: FnOnce() -> R, R>(job: *mut c_void) {
        // SAFETY: the caller below gives its job, and waits.
        let job = unsafe { &mut *job.cast::<Job<W, R>>() };
        let work = job.work.take().expect("a job is run once");
        job.result = Some(panic::catch_unwind(AssertUnwindSafe(work)));
    }
    fn runner<W: FnOnce() -> R, R>(_: &W) -> extern "C" fn(*mut c_void) {
        run::<W, R>
    }
    let run = runner(&work);
    let mut job = Job { work: Some(work), result: None };
    // SAFETY: the new stack is used by nobody else, and the old one is taken back afterwards. The
    // function does not unwind.
    unsafe {
        asm!(
            "xchg rsp, r12",
            "call {run}",
            "mov rsp, r12",
            run = in(reg) run,
            in("rdi") &raw mut job,
            inout("r12") stack.top() => _,
            clobber_abi("C"),
        );
    }
    match job.result.expect("the job has run") {
        Ok(result) => result,
        Err(panic) => panic::resume_unwind(panic),
    }
}

/// Gives memory the orchestrator's key, if there are keys.
///
/// # Safety
/// The range is mapped for reading and writing, and no lane needs it.
pub(crate) unsafe fn protect(start: *mut u8, size: usize) -> io::Result<()> {
    if !constants::keys() {
        return Ok(());
    }
    // SAFETY: the caller's promise.
    unsafe { Key(ORCHESTRATOR).tag(start, size) }
}

/// The key of one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(pub(crate) u32);

/// The kernel gives keys out from 1 on, and nobody has asked for one before.
const ORCHESTRATOR: u32 = 1;

impl Key {
    /// A key for the memory of `owner`; `None` if there are no keys left.
    pub(crate) fn allocate(owner: String) -> io::Result<Key> {
        let key = allocate()?;
        register(key, owner);
        Ok(Key(key))
    }

    /// The register of rights that allows this key and key 0 only.
    pub(crate) fn rights(self) -> u32 {
        NOTHING_BUT_0 & !(0b11 << (2 * self.0))
    }

    /// Gives memory this key.
    ///
    /// # Safety
    /// The range is mapped for reading and writing, and whoever uses it has the rights.
    pub(crate) unsafe fn tag(self, start: *mut u8, size: usize) -> io::Result<()> {
        let key = c_int::try_from(self.0).expect("keys are small numbers");
        // SAFETY: the caller's promise.
        match unsafe { lockdown::tag(start.cast(), size, key) } {
            0 => Ok(()),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "protection key {}", self.0)
    }
}

/// Two bits a key: no access, no writing.
const NOTHING_BUT_0: u32 = 0x5555_5554;
const EVERYTHING: u32 = 0;

/// Whose memory has which key.
static OWNERS: Mutex<Vec<(u32, String)>> = Mutex::new(Vec::new());

fn register(key: u32, owner: String) {
    OWNERS.lock().expect("nobody panics with it").push((key, owner));
}

/// Whose memory has this key, as a phrase.
pub(crate) fn owner(key: u32) -> Option<String> {
    let owners = OWNERS.lock().expect("nobody panics with it");
    owners.iter().find(|(other, _)| *other == key).map(|(_, owner)| owner.clone())
}

fn look_for_one() -> Result<u32, NoKeys> {
    const FEATURES: u32 = 7;
    const PKU: u32 = 1 << 3;
    const OSPKE: u32 = 1 << 4;
    let features = __cpuid_count(FEATURES, 0).ecx;
    if features & PKU == 0 {
        return Err(NoKeys::Processor);
    }
    if features & OSPKE == 0 {
        return Err(NoKeys::Kernel);
    }
    allocate().map_err(NoKeys::Refused)
}

fn allocate() -> io::Result<u32> {
    // SAFETY: the call takes numbers only: no flags, all rights for this thread.
    let key = unsafe { libc::syscall(libc::SYS_pkey_alloc, 0, 0) };
    u32::try_from(key).map_err(|_| io::Error::last_os_error())
}

/// Sets the register of rights.
///
/// # Safety
/// The kernel has given out a key, so the register exists, and lock-down has not been prepared.
#[unsafe(naked)]
unsafe extern "C" fn write_rights(rights: u32) {
    naked_asm!("mov eax, edi", "xor ecx, ecx", "xor edx, edx", "wrpkru", "ret")
}

/// Where the code is that changes rights and is not part of a gate. Lock-down overwrites it.
pub(crate) fn spent_code() -> Range<usize> {
    const LENGTH: usize = 10;
    let start = write_rights as *const () as usize;
    start..start + LENGTH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_name_one_key_besides_0() {
        assert_eq!(Key(1).rights(), 0b01_01_01_01_01_01_01_01_01_01_01_01_01_01_00_00);
        assert_eq!(Key(15).rights(), 0x1555_5554);
    }

    #[test]
    fn without_keys_work_runs_on_the_same_stack() {
        assert_eq!(on_protected_stack(|| 5), 5);
    }
}
