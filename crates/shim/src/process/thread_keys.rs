//! pthread keys. Every copy of the libc has a table of keys of its own, but all of them keep the
//! values in one array per thread, which belongs to the base libc; equal keys of two lanes would
//! collide. Here each lane has its own values, in its own memory.

use super::identity;
use super::lock::Lock;
use libc::{c_int, c_uint, c_void, pthread_key_t};
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// As many as glibc has (`PTHREAD_KEYS_MAX`).
const KEYS: usize = 1024;
/// Values come in blocks: most threads use few keys.
const BLOCK: usize = 32;
/// How often destructors may set values anew (`PTHREAD_DESTRUCTOR_ITERATIONS`).
const ROUNDS: usize = 4;

fn in_use(uses: usize) -> bool {
    !uses.is_multiple_of(2)
}

type Destructor = unsafe extern "C" fn(*mut c_void);

/// Odd while a key is in use; a value counts only if it was set in the same use.
static USES: [AtomicUsize; KEYS] = [const { AtomicUsize::new(0) }; KEYS];
static DESTRUCTORS: Lock<[Option<Destructor>; KEYS]> = Lock::new([None; KEYS]);

#[derive(Clone, Copy)]
struct Value {
    using: usize,
    value: *mut c_void,
}

type Block = [Value; BLOCK];
type Table = [*mut Block; KEYS / BLOCK];

static MAIN: AtomicPtr<Table> = AtomicPtr::new(ptr::null_mut());

thread_local! {
    static OWN: Cell<*mut Table> = const { Cell::new(ptr::null_mut()) };
    static END: End = const { End };
}

/// Dropped when the thread ends, by the lane's libc.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        let table = OWN.get();
        if !table.is_null() && table != MAIN.load(Ordering::Acquire) {
            end(table);
        }
    }
}

pub(super) fn lock() {
    DESTRUCTORS.take();
}

pub(super) fn unlock() {
    DESTRUCTORS.release();
}

/// The values of this thread become those of the main thread.
pub(super) fn become_main() {
    MAIN.store(own(), Ordering::Release);
}

fn table() -> *mut Table {
    if identity::is_main() { MAIN.load(Ordering::Acquire) } else { OWN.get() }
}

fn own() -> *mut Table {
    if OWN.get().is_null() {
        OWN.set(Box::into_raw(Box::new([ptr::null_mut(); KEYS / BLOCK])));
        END.with(|_| ());
    }
    OWN.get()
}

fn end(table: *mut Table) {
    for _ in 0..ROUNDS {
        let mut any = false;
        for key in 0..KEYS {
            let Some(entry) = entry(table, key) else { continue };
            // SAFETY: the entry lies in a table that only this thread uses.
            let Value { using, value } = unsafe { *entry };
            if value.is_null() || using != USES[key].load(Ordering::Acquire) {
                continue;
            }
            // SAFETY: as above.
            unsafe { (*entry).value = ptr::null_mut() };
            if let Some(destructor) = DESTRUCTORS.with(|destructors| destructors[key]) {
                any = true;
                // SAFETY: whoever made the key promised that it takes its values.
                unsafe { destructor(value) };
            }
        }
        if !any {
            break;
        }
    }
    OWN.set(ptr::null_mut());
    // SAFETY: made by `own`, and nobody else has it.
    for block in *unsafe { Box::from_raw(table) } {
        if !block.is_null() {
            // SAFETY: made by `pthread_setspecific`.
            drop(unsafe { Box::from_raw(block) });
        }
    }
}

fn entry(table: *mut Table, key: usize) -> Option<*mut Value> {
    if table.is_null() {
        return None;
    }
    // SAFETY: tables live until their thread ends, and `key` is in range.
    let block = unsafe { (*table)[key / BLOCK] };
    // SAFETY: the place lies inside the block, which lives as long as the table.
    (!block.is_null()).then(|| unsafe { &raw mut (*block)[key % BLOCK] })
}

/// # Safety
/// As in C, like all functions below.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_key_create(
    place: *mut pthread_key_t,
    destructor: Option<Destructor>,
) -> c_int {
    let key = DESTRUCTORS.with(|destructors| {
        let key = (0..KEYS).find(|&key| !in_use(USES[key].load(Ordering::Relaxed)))?;
        destructors[key] = destructor;
        USES[key].fetch_add(1, Ordering::AcqRel);
        Some(key)
    });
    let Some(key) = key else { return libc::EAGAIN };
    // SAFETY: as in C.
    unsafe { *place = key as c_uint };
    0
}

/// # Safety
/// See [`pthread_key_create`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_key_delete(key: pthread_key_t) -> c_int {
    DESTRUCTORS.with(|destructors| {
        let key = key as usize;
        if key >= KEYS || !in_use(USES[key].load(Ordering::Relaxed)) {
            return libc::EINVAL;
        }
        destructors[key] = None;
        USES[key].fetch_add(1, Ordering::AcqRel);
        0
    })
}

/// # Safety
/// See [`pthread_key_create`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_getspecific(key: pthread_key_t) -> *mut c_void {
    let key = key as usize;
    if key >= KEYS {
        return ptr::null_mut();
    }
    match entry(table(), key) {
        // SAFETY: the entry lies in a table that only this thread uses.
        Some(entry) => match unsafe { *entry } {
            Value { using, value } if using == USES[key].load(Ordering::Acquire) => value,
            _ => ptr::null_mut(),
        },
        None => ptr::null_mut(),
    }
}

/// # Safety
/// See [`pthread_key_create`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_setspecific(key: pthread_key_t, value: *const c_void) -> c_int {
    let key = key as usize;
    if key >= KEYS {
        return libc::EINVAL;
    }
    let using = USES[key].load(Ordering::Acquire);
    if !in_use(using) {
        return libc::EINVAL;
    }
    let table = if identity::is_main() { table() } else { own() };
    let entry = entry(table, key).unwrap_or_else(|| {
        let block = Box::into_raw(Box::new([Value { using: 0, value: ptr::null_mut() }; BLOCK]));
        // SAFETY: tables live until their thread ends, and only their thread uses them.
        unsafe { (*table)[key / BLOCK] = block };
        // SAFETY: the block has just been made.
        unsafe { &raw mut (*block)[key % BLOCK] }
    });
    // SAFETY: as above.
    unsafe { *entry = Value { using, value: value.cast_mut() } };
    0
}
