//! What crosses between a lane host and the shim inside a lane: tables of functions and one block of
//! shared memory, the exchange slot.
//!
//! Host and shim are two programs that share an address space and nothing else: each has a libc, an
//! allocator and a standard library of its own. So only plain C data crosses, and nobody frees what
//! the other has allocated. The shim is built for the host that carries it; [`VERSION`] still guards
//! against a stale file on disk.
//!
//! The exchange slot is where a call goes in and its result comes out. For a thread lane it lies in
//! the lane's own memory, under the lane's key; for a forked host it is memory shared with the
//! orchestrator. In both cases the orchestrator treats what it reads there as hostile.

#![expect(unsafe_code, reason = "one table of functions is shared between threads")]

use std::ffi::{c_int, c_ulong, c_void};
use std::sync::atomic::AtomicU32;

/// Changes whenever a type of this crate does.
pub const VERSION: usize = 3;

/// The one function that the host looks up in a shim: [`LaneEntry`].
pub const ENTRY: &str = "faastlane_lane";

/// The error type of a [`ReplyKind::LoadFailed`] that is not the handler's fault: this kind of lane
/// cannot run its Python. The body says why, as plain text.
pub const UNSUPPORTED: &str = "Lane.Unsupported";

/// Sent by the host to a thread that has to leave its gate, for instance when its time is up. The
/// last of the real-time signals but one: the highest priority is low enough that nobody uses it.
pub const LEAVE_SIGNAL: c_int = 63;

/// Gives the shim what it needs of the host, once, and gets what the shim offers; null if the
/// versions differ. The tables live as long as the process.
pub type LaneEntry = unsafe extern "C" fn(*const HostCalls) -> *const LaneCalls;

/// A start routine of a thread.
pub type StartRoutine = unsafe extern "C" fn(*mut c_void) -> *mut c_void;

/// What a lane may call outside of its namespace.
#[derive(Debug)]
#[repr(C)]
pub struct HostCalls {
    /// [`VERSION`] of the host.
    pub version: usize,
    /// Whether the shim was loaded into a namespace of its own. In the base namespace its stand-ins
    /// for functions of the libc are not in effect, and nobody passes a gate.
    pub own_namespace: bool,
    /// `free` of the base libc, for blocks that do not come from the lane's memory.
    pub free: unsafe extern "C" fn(*mut c_void),
    /// `malloc_usable_size` of the base libc.
    pub malloc_usable_size: unsafe extern "C" fn(*mut c_void) -> usize,
    /// `pthread_create` of the base libc; all threads of a lane are made by it.
    pub pthread_create:
        unsafe extern "C" fn(*mut c_ulong, *const c_void, StartRoutine, *mut c_void) -> c_int,
    /// The function wants to end its process: leaves the gate with that, never returns.
    pub ended: unsafe extern "C" fn(how: Ending, code: c_int) -> !,
    /// Gives memory that is mapped for reading and writing a protection key: 0, or an `errno`. To
    /// everybody else the system refuses that after lock-down.
    pub tag: unsafe extern "C" fn(start: *mut c_void, size: usize, key: c_int) -> c_int,
}

/// How a function wanted to end its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub enum Ending {
    /// `exit`, `_exit`: the code is an exit status.
    Exit = 1,
    /// `abort`, `kill` of itself, `raise`: the code is the number of a signal.
    Signal = 2,
}

/// What a shim offers. In a namespace of its own every one of them is called through a gate, on the
/// lane's stack and with its rights, except those that say "host rights".
#[derive(Debug)]
#[repr(C)]
pub struct LaneCalls {
    /// [`VERSION`] of the shim.
    pub version: usize,
    /// First byte of the lane's memory; null in the base namespace, where the shim manages none.
    pub memory: *mut u8,
    /// Its size in bytes. One range, reserved at load, never moved.
    pub memory_size: usize,
    /// The exchange slot inside that memory: offset and size in bytes.
    pub exchange_at: usize,
    /// See `exchange_at`.
    pub exchange_size: usize,
    /// What the function has done that concerns the whole process: bits of [`deeds`]. The host clears
    /// what it has taken note of.
    pub deeds: *const AtomicU32,
    /// Gives this protection key to the lane's memory and to the writable data of its objects, now
    /// and for those that are loaded later. Host rights. 0, or an `errno`.
    pub set_key: unsafe extern "C" fn(key: c_int) -> c_int,
    /// Tags the objects that were loaded since the last time. Host rights. 0, or an `errno`.
    pub tag_new_objects: unsafe extern "C" fn() -> c_int,
    /// Starts Python and loads the handler: [`Texts`] of a start. Replies `Ready` or `LoadFailed`.
    pub start: unsafe extern "C" fn(*mut Exchange),
    /// Calls the handler. Replies `Returned*` or `Failed`.
    pub call: unsafe extern "C" fn(*mut Exchange),
    /// To be called around `fork`, on the thread that forks: first `before`, then one of the others.
    pub before_fork: unsafe extern "C" fn(),
    /// See `before_fork`.
    pub after_fork_in_parent: unsafe extern "C" fn(),
    /// See `before_fork`.
    pub after_fork_in_child: unsafe extern "C" fn(),
}

// SAFETY: the table is written once before it is shared, `memory` is only an address, and `deeds`
// points to an atomic.
unsafe impl Send for LaneCalls {}
// SAFETY: as above.
unsafe impl Sync for LaneCalls {}

/// What a function can do that concerns the whole process; see [`LaneCalls::deeds`].
pub mod deeds {
    /// It has installed a handler for a signal. No such handler ever runs in a namespace of its own.
    pub const HANDLES_SIGNALS: u32 = 1;
    /// It has changed the working directory.
    pub const CHANGED_DIRECTORY: u32 = 2;
}

/// The header of an exchange slot; [`DATA`] bytes after its start come the data.
///
/// Offsets count from the start of the slot.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Exchange {
    /// Goes up with each request (forked hosts).
    pub requests: AtomicU32,
    /// Goes up with each reply (forked hosts).
    pub replies: AtomicU32,
    /// Size of the slot in bytes, header included. Written by the host; the host never reads it.
    pub size: u64,

    /// Which lane of a host with several is meant.
    pub lane: u32,
    /// How the event is written: an [`Encoding`].
    pub input_encoding: u32,
    /// When the call must be over, milliseconds since 1970.
    pub deadline_ms: u64,
    /// What the request carries, in the order of [`Texts`].
    pub input: [Span; 4],

    /// A [`ReplyKind`].
    pub reply: u32,
    /// Not 0 if the function wrote to stdout or stderr, or may have.
    pub wrote: u32,
    /// How long the handler ran, in nanoseconds.
    pub function_ns: u64,
    /// The error's name, UTF-8.
    pub error_type: Span,
    /// The result or the error payload.
    pub body: Span,
    /// The end of all that was written to the slot, so that it can be zeroed.
    pub used: u64,
}

/// Where the data begin in an exchange slot.
pub const DATA: usize = 256;
const _: () = assert!(size_of::<Exchange>() <= DATA);

/// The places of what a request carries in [`Exchange::input`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Texts {
    /// Call: the request id. Start: the program name, the path of the environment's `python`.
    First = 0,
    /// Call: the client context as JSON, or nothing. Start: the source of the runner.
    Second = 1,
    /// Call: the trace id, or nothing. Start: the runner's configuration as JSON.
    Third = 2,
    /// Call: the event. Start: the environment, `NAME=VALUE` with a NUL after each.
    Fourth = 3,
}

/// Bytes in an exchange slot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Span {
    /// Offset from the start of the slot.
    pub at: u64,
    /// Number of bytes.
    pub len: u64,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Encoding {
    /// JSON text.
    Text = 0,
    /// A frame (crate `frame`).
    Frame = 1,
}

/// What a lane replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum ReplyKind {
    /// Nothing yet; what the host writes before it asks.
    None = 0,
    /// The handler is loaded.
    Ready = 1,
    /// The handler cannot be loaded; the body is the error payload as JSON.
    LoadFailed = 2,
    /// The handler returned; the body is JSON text, as it was written and unchecked.
    ReturnedText = 3,
    /// The handler returned; the body is a frame.
    ReturnedFrame = 4,
    /// The handler raised, or could not be called; the body is the error payload as JSON.
    Failed = 5,
}
