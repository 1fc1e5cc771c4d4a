//! What a lane may call of the host, threads first: all threads of a lane are made here, by the base
//! libc, so that their faults find their lane.

use crate::{fault, lockdown, state};
use faastlane_abi::{HostCalls, StartRoutine, VERSION};
use std::ffi::{c_int, c_ulong, c_void};
use std::sync::Once;
use std::thread;

/// For lanes in namespaces of their own.
pub(crate) static OWN: HostCalls = calls(true);
/// For the lane in the base namespace.
pub(crate) static BASE: HostCalls = calls(false);

const fn calls(own_namespace: bool) -> HostCalls {
    HostCalls {
        version: VERSION,
        own_namespace,
        free: libc::free,
        malloc_usable_size: libc::malloc_usable_size,
        pthread_create: create,
        ended: fault::ended,
        tag: lockdown::tag,
    }
}

/// What a new thread needs to know. In memory of the base libc: it is written and read with a lane's
/// rights, which do not reach the host's heap.
struct Start {
    routine: StartRoutine,
    argument: *mut c_void,
    lane: Option<&'static state::State>,
}

unsafe extern "C" fn create(
    thread: *mut c_ulong,
    attributes: *const c_void,
    routine: StartRoutine,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: as in C.
    let start = unsafe { libc::malloc(size_of::<Start>()) }.cast::<Start>();
    if start.is_null() {
        return libc::EAGAIN;
    }
    // SAFETY: new memory of that size; `malloc` aligns for every type.
    unsafe { start.write(Start { routine, argument, lane: state::of_thread() }) };
    // SAFETY: the lane's promises are those of C; `run` takes the memory.
    let error = unsafe { libc::pthread_create(thread, attributes.cast(), run, start.cast()) };
    if error != 0 {
        // SAFETY: no thread has taken it.
        unsafe { libc::free(start.cast()) };
    }
    error
}

extern "C" fn run(start: *mut c_void) -> *mut c_void {
    // SAFETY: written by `create` for this thread alone.
    let Start { routine, argument, lane } = unsafe { start.cast::<Start>().read() };
    // SAFETY: allocated by `create`.
    unsafe { libc::free(start) };
    state::set_of_thread(lane);
    fault::prepare_thread();
    // SAFETY: as the lane has promised.
    unsafe { routine(argument) }
}

/// Lets the base libc know that there are threads: ld.so uses its `malloc` from the threads of all
/// lanes, and until it has seen a thread being made it takes no locks.
pub(crate) fn make_one() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        // A thread that cannot be made is no harm here; making the lane's own will fail too.
        let _ = thread::Builder::new().spawn(|| ()).map(thread::JoinHandle::join);
    });
}
