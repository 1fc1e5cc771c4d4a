//! What libraries of the lane want to be called at a `fork` (`pthread_atfork`): OpenBLAS, for instance,
//! ends its threads before and starts them again after. The lane's libc would know them, but the host
//! forks with the base libc. So they are kept here, for both.

use super::host;
use super::lock::Lock;
use libc::{c_int, c_void};
use std::mem;

type Handler = unsafe extern "C" fn();

#[derive(Clone, Copy)]
struct Handlers {
    before: Option<Handler>,
    in_parent: Option<Handler>,
    in_child: Option<Handler>,
}

const MOST: usize = 256;

struct List {
    count: usize,
    handlers: [Handlers; MOST],
}

const NONE: Handlers = Handlers { before: None, in_parent: None, in_child: None };

static LIST: Lock<List> = Lock::new(List { count: 0, handlers: [NONE; MOST] });

/// What `pthread_atfork` calls, which every library has a copy of.
///
/// # Safety
/// As for `pthread_atfork` in C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __register_atfork(
    before: Option<Handler>,
    in_parent: Option<Handler>,
    in_child: Option<Handler>,
    library: *mut c_void,
) -> c_int {
    if let Some(register) = of_process() {
        // SAFETY: the caller's promise.
        return unsafe { register(before, in_parent, in_child, library) };
    }
    LIST.with(|list| {
        let Some(place) = list.handlers.get_mut(list.count) else { return libc::ENOMEM };
        *place = Handlers { before, in_parent, in_child };
        list.count += 1;
        0
    })
}

type Register =
    unsafe extern "C" fn(Option<Handler>, Option<Handler>, Option<Handler>, *mut c_void) -> c_int;

/// The libc's own function in the base namespace, where `fork` is the libc's as well. The shim's own
/// calls come here even there.
fn of_process() -> Option<Register> {
    if host::own_namespace() {
        return None;
    }
    // SAFETY: the name is a C string.
    let found = unsafe { libc::dlsym(libc::RTLD_NEXT, c"__register_atfork".as_ptr()) };
    // SAFETY: null or the function of a libc, which has this signature.
    unsafe { mem::transmute::<*mut c_void, Option<Register>>(found) }
}

/// In the order in which POSIX wants it: the last one first.
pub(super) fn before() {
    for index in (0..LIST.with(|list| list.count)).rev() {
        call(LIST.with(|list| list.handlers[index].before));
    }
}

pub(super) fn in_parent() {
    for index in 0..LIST.with(|list| list.count) {
        call(LIST.with(|list| list.handlers[index].in_parent));
    }
}

pub(super) fn in_child() {
    for index in 0..LIST.with(|list| list.count) {
        call(LIST.with(|list| list.handlers[index].in_child));
    }
}

fn call(handler: Option<Handler>) {
    if let Some(handler) = handler {
        // SAFETY: whoever registered it promised that it can be called at a fork.
        unsafe { handler() };
    }
}
