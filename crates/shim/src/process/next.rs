//! The libc's own versions of what the shim replaces, found when the shim is loaded.

use super::{ending, forking, loading, signals, threads};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

/// The address of a function, null if the libc has none of that name.
pub(super) type Address = AtomicPtr<c_void>;

pub(super) static DLOPEN: Address = AtomicPtr::new(ptr::null_mut());
pub(super) static FORK: Address = AtomicPtr::new(ptr::null_mut());
pub(super) static VFORK: Address = AtomicPtr::new(ptr::null_mut());
pub(super) static POSIX_SPAWN: Address = AtomicPtr::new(ptr::null_mut());
pub(super) static POSIX_SPAWNP: Address = AtomicPtr::new(ptr::null_mut());
pub(super) static SYSTEM: Address = AtomicPtr::new(ptr::null_mut());
pub(super) static POPEN: Address = AtomicPtr::new(ptr::null_mut());
pub(super) static SIGACTION: Address = AtomicPtr::new(ptr::null_mut());
pub(super) static EXIT: Address = AtomicPtr::new(ptr::null_mut());
pub(super) static CALL_TLS_DTORS: Address = AtomicPtr::new(ptr::null_mut());
pub(super) static PTHREAD_EXIT: Address = AtomicPtr::new(ptr::null_mut());

/// Name, place for the address, and our function of that name, if there is one.
type Entry = (&'static CStr, &'static Address, Option<*const ()>);

/// Runs before the constructors of all objects that need the shim.
#[used]
#[unsafe(link_section = ".init_array")]
static FIND: extern "C" fn() = find;

extern "C" fn find() {
    let entries: [Entry; 11] = [
        (c"dlopen", &DLOPEN, Some(loading::dlopen as *const ())),
        (c"fork", &FORK, Some(forking::fork as *const ())),
        (c"vfork", &VFORK, Some(forking::vfork as *const ())),
        (c"posix_spawn", &POSIX_SPAWN, Some(forking::posix_spawn as *const ())),
        (c"posix_spawnp", &POSIX_SPAWNP, Some(forking::posix_spawnp as *const ())),
        (c"system", &SYSTEM, Some(forking::system as *const ())),
        (c"popen", &POPEN, Some(forking::popen as *const ())),
        (c"exit", &EXIT, Some(ending::exit as *const ())),
        (c"sigaction", &SIGACTION, Some(signals::sigaction as *const ())),
        (c"pthread_exit", &PTHREAD_EXIT, Some(threads::pthread_exit as *const ())),
        (c"__call_tls_dtors", &CALL_TLS_DTORS, None),
    ];
    for (name, address, ours) in entries {
        // In the base namespace the libc comes before the shim, else behind it.
        // SAFETY: the name is a C string.
        let mut found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        if ours.is_some_and(|ours| ptr::eq(ours, found.cast())) {
            // SAFETY: as above.
            found = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
        }
        address.store(found, Relaxed);
    }
}

pub(super) fn sigaction(
    signal: c_int,
    new: *const libc::sigaction,
    old: *mut libc::sigaction,
) -> c_int {
    type Function =
        unsafe extern "C" fn(c_int, *const libc::sigaction, *mut libc::sigaction) -> c_int;
    // SAFETY: `sigaction` of the libc has this signature.
    let function: Option<Function> = unsafe { mem::transmute(SIGACTION.load(Relaxed)) };
    // SAFETY: the caller gives what C asks for.
    function.map_or(-1, |function| unsafe { function(signal, new, old) })
}

pub(super) fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void {
    type Function = unsafe extern "C" fn(*const c_char, c_int) -> *mut c_void;
    // SAFETY: `dlopen` of the libc has this signature.
    let function: Option<Function> = unsafe { mem::transmute(DLOPEN.load(Relaxed)) };
    // SAFETY: the caller gives what C asks for.
    function.map_or(ptr::null_mut(), |function| unsafe { function(path, flags) })
}

pub(super) fn fork() -> c_int {
    // SAFETY: `fork` of the libc has this signature.
    let fork: Option<unsafe extern "C" fn() -> c_int> =
        unsafe { mem::transmute(FORK.load(Relaxed)) };
    // SAFETY: as in C.
    fork.map_or(-1, |fork| unsafe { fork() })
}

/// Ends the process as C programs do: functions registered with `atexit`, buffers, then the end.
pub(super) fn exit(code: c_int) {
    // SAFETY: `exit` of the libc has this signature.
    let exit: Option<unsafe extern "C" fn(c_int) -> !> =
        unsafe { mem::transmute(EXIT.load(Relaxed)) };
    if let Some(exit) = exit {
        // SAFETY: as in C.
        unsafe { exit(code) };
    }
}

/// Runs what the lane's libc has to do when this thread ends: destructors of C++ and Rust.
pub(super) fn call_tls_dtors() {
    let address = CALL_TLS_DTORS.load(Relaxed);
    // SAFETY: this private function of glibc takes and returns nothing.
    let function: Option<unsafe extern "C" fn()> = unsafe { mem::transmute(address) };
    if let Some(function) = function {
        // SAFETY: on the thread that ends.
        unsafe { function() };
    }
}
