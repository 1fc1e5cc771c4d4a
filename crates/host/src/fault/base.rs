//! Whether a thread may be torn out of what it is doing: not while it holds a lock of what all lanes
//! share, which is the base libc and ld.so. Torn out there, it would stop every other lane as well.
//!
//! Two signs: the thread runs code of the base namespace, or it holds one of ld.so's locks, as it does
//! in the constructors of a library that it loads.

use std::ffi::{c_int, c_void};
use std::mem::{self, MaybeUninit};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicUsize, Ordering::Relaxed};

/// More executable segments than the base namespace of a small program has.
const SEGMENTS: usize = 32;
/// ld.so has three locks: for the list of objects, for changes of it, for thread-local data.
const LOCKS: usize = 3;

static STARTS: [AtomicUsize; SEGMENTS] = [const { AtomicUsize::new(0) }; SEGMENTS];
static ENDS: [AtomicUsize; SEGMENTS] = [const { AtomicUsize::new(0) }; SEGMENTS];
static OWNERS: [AtomicPtr<AtomicI32>; LOCKS] = [const { AtomicPtr::new(ptr::null_mut()) }; LOCKS];

/// Whether a thread that is about to run the instruction at `at` may be torn out. Called on that
/// thread, in a handler of signals.
pub(super) fn may_leave(at: usize) -> bool {
    let in_base = STARTS
        .iter()
        .zip(&ENDS)
        .any(|(start, end)| (start.load(Relaxed)..end.load(Relaxed)).contains(&at));
    if in_base {
        return false;
    }
    // SAFETY: the call takes nothing and cannot fail.
    let thread = unsafe { libc::gettid() };
    OWNERS.iter().all(|owner| {
        // SAFETY: null or a word in ld.so's data, which is never unmapped.
        unsafe { owner.load(Relaxed).as_ref() }.is_none_or(|owner| owner.load(Relaxed) != thread)
    })
}

/// Finds the code and the locks; before any lane exists.
pub(super) fn find() {
    // SAFETY: the visitors have the right signature and are given nothing.
    unsafe { libc::dl_iterate_phdr(Some(note_code), ptr::null_mut()) };
    // SAFETY: as above. While it runs, this thread holds one of ld.so's locks.
    unsafe { libc::dl_iterate_phdr(Some(note_locks), ptr::null_mut()) };
}

unsafe extern "C" fn note_code(info: *mut libc::dl_phdr_info, _: usize, _: *mut c_void) -> c_int {
    // SAFETY: ld.so gives a valid description.
    let info = unsafe { &*info };
    for index in 0..usize::from(info.dlpi_phnum) {
        // SAFETY: as many headers as it says.
        let header = unsafe { &*info.dlpi_phdr.wrapping_add(index) };
        if header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_X != 0 {
            let start = (info.dlpi_addr + header.p_vaddr) as usize;
            if let Some(free) = STARTS.iter().position(|start| start.load(Relaxed) == 0) {
                ENDS[free].store(start + header.p_memsz as usize, Relaxed);
                STARTS[free].store(start, Relaxed);
            }
        }
    }
    0
}

/// A lock of glibc, as `pthread_mutex_t` begins.
#[repr(C)]
struct Mutex {
    lock: AtomicI32,
    count: AtomicI32,
    owner: AtomicI32,
    users: AtomicI32,
    kind: AtomicI32,
}

/// glibc keeps the locks one after the other in `_rtld_global`, at a place that differs from version
/// to version. All of them may be taken repeatedly, and this thread holds one of them now.
unsafe extern "C" fn note_locks(_: *mut libc::dl_phdr_info, _: usize, _: *mut c_void) -> c_int {
    const STEP: usize = size_of::<libc::pthread_mutex_t>();
    const ONCE: c_int = 1; // A return value that ends the visit.
    let Some((start, size)) = ld_so_data() else { return ONCE };
    // SAFETY: the call takes nothing and cannot fail.
    let thread = unsafe { libc::gettid() };
    let lock = |at: usize| {
        let inside = at >= start.addr() && at + STEP <= start.addr() + size;
        // SAFETY: inside of ld.so's data, aligned, and only read.
        inside.then(|| unsafe { &*start.with_addr(at).cast::<Mutex>() })
    };
    let repeatable = |mutex: &&Mutex| mutex.kind.load(Relaxed) == libc::PTHREAD_MUTEX_RECURSIVE;
    let held = (start.addr()..start.addr() + size).step_by(align_of::<usize>()).find(|&at| {
        lock(at).filter(repeatable).is_some_and(|mutex| {
            mutex.owner.load(Relaxed) == thread
                && mutex.lock.load(Relaxed) != 0
                && mutex.count.load(Relaxed) == 1
                && mutex.users.load(Relaxed) == 1
        })
    });
    let Some(held) = held else { return ONCE };
    let mut found = OWNERS.iter();
    for at in [held - STEP, held, held + STEP] {
        if let (Some(mutex), Some(place)) = (lock(at).filter(repeatable), found.next()) {
            place.store((&raw const mutex.owner).cast_mut(), Relaxed);
        }
    }
    ONCE
}

/// Where ld.so keeps its variables, and how many bytes.
fn ld_so_data() -> Option<(*mut u8, usize)> {
    /// `RTLD_DL_SYMENT`: `dladdr1` gives the symbol's entry in the table.
    const SYMBOL: c_int = 1;
    unsafe extern "C" {
        fn dladdr1(
            address: *const c_void,
            info: *mut libc::Dl_info,
            entry: *mut *const libc::Elf64_Sym,
            flags: c_int,
        ) -> c_int;
    }
    // SAFETY: the name is a C string.
    let data = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"_rtld_global".as_ptr()) };
    if data.is_null() {
        return None;
    }
    let mut info = MaybeUninit::uninit();
    let mut entry = ptr::null();
    // SAFETY: both places can be written.
    let known = unsafe { dladdr1(data, info.as_mut_ptr(), &raw mut entry, SYMBOL) };
    // SAFETY: null or an entry in the table of symbols.
    let size = unsafe { entry.as_ref() }.filter(|_| known != 0)?.st_size as usize;
    (size >= mem::size_of::<Mutex>()).then_some((data.cast(), size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_and_its_locks_are_found() {
        find();
        assert!(!may_leave(libc::malloc as *const () as usize), "malloc belongs to the base");
        assert!(may_leave(ptr::from_ref(&STARTS).addr()), "data is no code of the base");
        assert!(
            OWNERS.iter().any(|owner| !owner.load(Relaxed).is_null()),
            "no lock of ld.so found"
        );
    }

    #[test]
    fn a_thread_inside_of_ld_so_must_stay() {
        find();
        unsafe extern "C" fn look(
            _: *mut libc::dl_phdr_info,
            _: usize,
            answer: *mut c_void,
        ) -> c_int {
            // SAFETY: the caller gives a place for the answer.
            unsafe { *answer.cast::<bool>() = may_leave(1) };
            1
        }
        let mut answer = true;
        // SAFETY: the visitor has the right signature, and the answer outlives the visit.
        unsafe { libc::dl_iterate_phdr(Some(look), (&raw mut answer).cast()) };
        assert!(!answer);
    }
}
