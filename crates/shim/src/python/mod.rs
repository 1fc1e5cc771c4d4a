//! The lane's CPython: started once, then called with one event after the other.
//!
//! Values cross as frames, made and read here in native code ([`decode`], [`encode`]). Whatever is
//! not plain goes through `runner.py`, the program of the portable lane, which is why both kinds of
//! lane give the same results, errors and logs. The interpreter lock is free between calls, so
//! threads that the handler has started go on.

mod api;
mod context;
mod copy;
mod decode;
mod encode;
mod ending;
mod keys;
mod lane;
mod layout;
mod object;
mod slot;
mod start;

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::ptr::null_mut;

use faastlane_abi::{Exchange, ReplyKind, UNSUPPORTED};

use lane::Lane;
use slot::Slot;
use start::NoLane;

/// What lasts from one call to the next.
struct State {
    /// Python's name for the thread that calls, while it is not in Python. Null before the start.
    thread: *mut c_void,
    /// Null until the handler is loaded.
    lane: Option<Lane>,
}

/// There is one CPython in a namespace, and so one lane.
struct Global(UnsafeCell<State>);

// SAFETY: `start`, `call` and the hooks around `fork` are never called at the same time, which
// their callers promise; nobody else uses it.
unsafe impl Sync for Global {}

static STATE: Global = Global(UnsafeCell::new(State { thread: null_mut(), lane: None }));

/// # Safety
/// The caller is one of the functions below, and drops the reference before it returns.
unsafe fn state() -> &'static mut State {
    // SAFETY: see `Global`; the functions below ask once each.
    unsafe { &mut *STATE.0.get() }
}

/// Starts Python and loads the handler. This thread becomes the interpreter's main thread.
///
/// With `owns_process`, Python handles signals as the command `python3` does.
///
/// # Safety
/// `exchange` is a slot with the texts of a start in it, used by nobody else until there is a reply.
/// Called once, and not at the same time as any other function of this module.
pub(crate) unsafe fn start(exchange: *mut Exchange, owns_process: bool) {
    // SAFETY: as the caller promises.
    let slot = unsafe { Slot::new(exchange) };
    if let Err(reason) = start::interpreter(&slot, owns_process) {
        refuse(slot, &reason);
        return;
    }
    ending::watch_forks();
    // SAFETY: as the caller promises.
    let state = unsafe { state() };
    match start::lane(&slot).unwrap_or_else(|_| ending::end_process()) {
        Ok(lane) => {
            state.lane = Some(lane);
            slot.reply(&slot::Reply::ready());
        }
        Err(NoLane::Unsupported(reason)) => refuse(slot, &reason),
        Err(NoLane::Failed(error)) => {
            let reply = lane::pair(&error)
                .and_then(|(kind, payload)| Ok((kind.content()?, payload.content()?)));
            let (kind, payload) = reply.unwrap_or_else(|_| ending::end_process());
            load_failed(slot, kind, payload);
        }
    }
    // SAFETY: this thread holds the interpreter lock since Python was started.
    state.thread = unsafe { api::PyEval_SaveThread() };
}

/// Says that this Python cannot be served.
fn refuse(slot: Slot, reason: &str) {
    load_failed(slot, UNSUPPORTED.as_bytes(), reason.as_bytes());
}

fn load_failed(slot: Slot, kind: &[u8], payload: &[u8]) {
    let failed = lane::failure(&slot, ReplyKind::LoadFailed, kind, payload);
    let reply = failed.unwrap_or_else(|slot::Full| lane::too_large(&slot, ReplyKind::LoadFailed));
    slot.reply(&reply);
}

/// Calls the handler. There is no reply if none is loaded.
///
/// # Safety
/// `exchange` is a slot with the texts of a call in it, used by nobody else until there is a reply.
/// Not called at the same time as any other function of this module, and always on the thread that
/// Python takes for its main one.
pub(crate) unsafe fn call(exchange: *mut Exchange) {
    // SAFETY: as the caller promises.
    let slot = unsafe { Slot::new(exchange) };
    // SAFETY: as the caller promises.
    let state = unsafe { state() };
    let Some(lane) = &mut state.lane else { return };
    // SAFETY: what `PyEval_SaveThread` gave.
    unsafe { api::PyEval_RestoreThread(state.thread) };
    let reply = lane.call(&slot).unwrap_or_else(|_| ending::end_process());
    // SAFETY: this thread holds the interpreter lock.
    state.thread = unsafe { api::PyEval_SaveThread() };
    slot.reply(&reply);
}

/// To be called before a `fork` which is not the handler's.
///
/// # Safety
/// As for [`call`].
pub(crate) unsafe fn before_fork() {
    // SAFETY: as the caller promises.
    let state = unsafe { state() };
    if state.thread.is_null() {
        return;
    }
    // SAFETY: what `PyEval_SaveThread` gave.
    unsafe { api::PyEval_RestoreThread(state.thread) };
    // SAFETY: this thread holds the interpreter lock.
    unsafe { api::PyOS_BeforeFork() };
}

/// To be called after it, in the process that forked.
///
/// # Safety
/// As for [`call`], and on the thread that called [`before_fork`].
pub(crate) unsafe fn after_fork_in_parent() {
    // SAFETY: as the caller promises.
    let state = unsafe { state() };
    if state.thread.is_null() {
        return;
    }
    // SAFETY: this thread holds the interpreter lock since `before_fork`.
    unsafe { api::PyOS_AfterFork_Parent() };
    // SAFETY: as above.
    state.thread = unsafe { api::PyEval_SaveThread() };
}

/// To be called after it, in the process that was made, which is a lane of its own from now on.
///
/// # Safety
/// As for [`after_fork_in_parent`].
pub(crate) unsafe fn after_fork_in_child() {
    // SAFETY: as the caller promises.
    let state = unsafe { state() };
    if state.thread.is_null() {
        return;
    }
    // SAFETY: this thread holds the interpreter lock since `before_fork`.
    unsafe { api::PyOS_AfterFork_Child() };
    ending::is_lane();
    if let Some(lane) = &state.lane {
        lane.begin_as_fork().unwrap_or_else(|_| ending::end_process());
    }
    // SAFETY: as above.
    state.thread = unsafe { api::PyEval_SaveThread() };
}
