//! Starts the lane's CPython as the command `python3` would start, and has it load the handler.

use std::ffi::{CStr, CString, c_int};
use std::ptr::null;

use faastlane_abi::Texts;

use super::api;
use super::lane::{Lane, Parts};
use super::layout::Layout;
use super::object::{Borrowed, Object, Raised, Result, raise_value_error};
use super::slot::Slot;

/// Why there is no lane.
pub(super) enum NoLane {
    /// This Python cannot be served: what is wrong with it.
    Unsupported(String),
    /// The handler cannot be loaded; what the runner's `report` gave.
    Failed(Object),
}

/// Starts CPython. After it this thread holds the interpreter lock. If Python itself cannot start,
/// it says why and ends the process.
pub(super) fn interpreter(slot: &Slot, signal_handlers: bool) -> Result<(), String> {
    set_environment(slot.input(Texts::Fourth));
    let version = supported_version()?;
    preinitialise()?;
    let program = CString::new(slot.input(Texts::First)).map_err(|error| error.to_string())?;
    // SAFETY: Python is pre-initialised, and the name ends with a NUL. Python keeps the result.
    let program = unsafe { api::Py_DecodeLocale(program.as_ptr(), std::ptr::null_mut()) };
    if program.is_null() {
        return Err(format!("Python {version} does not understand its own path"));
    }
    // SAFETY: a wide string that is never freed.
    unsafe { api::Py_SetProgramName(program) };
    // SAFETY: called once, on the thread that is the interpreter's main thread from now on.
    unsafe { api::Py_InitializeEx(c_int::from(signal_handlers)) };
    Ok(())
}

/// The version that runs, such as `3.12`, if it is one of those that were tried.
fn supported_version() -> Result<String, String> {
    // SAFETY: a constant text that ends with a NUL.
    let version = unsafe { CStr::from_ptr(api::Py_GetVersion()) }.to_string_lossy();
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    let supported = matches!((numbers.next(), numbers.next()), (Some(Ok(3)), Some(Ok(9..=13))));
    let short = version.split(' ').next().unwrap_or_default().to_owned();
    if !supported {
        return Err(format!("Python {short} is not one of 3.9 to 3.13"));
    }
    if version.contains("free-threading") {
        return Err(format!("Python {short} is built without a global interpreter lock"));
    }
    Ok(short)
}

/// Gives this libc the variables of the function, and no others.
fn set_environment(variables: &[u8]) {
    // SAFETY: no other thread of this lane runs yet.
    unsafe { libc::clearenv() };
    for variable in variables.split_inclusive(|byte| *byte == 0) {
        let mut parts = variable.splitn(2, |byte| *byte == b'=');
        let (Some(name), Some(value)) = (parts.next(), parts.next()) else { continue };
        let (Ok(name), Ok(value)) = (CString::new(name), CStr::from_bytes_with_nul(value)) else {
            continue;
        };
        // SAFETY: both end with a NUL; `setenv` copies them. No other thread of this lane runs.
        unsafe { libc::setenv(name.as_ptr(), value.as_ptr(), 1) };
    }
}

/// Chooses locale, UTF-8 mode and allocator from the environment, as the command does (PEP 538,
/// PEP 540): `Py_InitializeEx` alone would leave them as they are.
fn preinitialise() -> Result<(), String> {
    /// Larger than `PyPreConfig` of any version (40 bytes in 3.9 to 3.13), which only CPython reads.
    #[repr(C, align(16))]
    struct PreConfig([u8; 512]);
    let mut config = PreConfig([0; 512]);
    let config = (&raw mut config).cast();
    // SAFETY: room for the structure that it fills.
    unsafe { api::PyPreConfig_InitPythonConfig(config) };
    // SAFETY: the structure that was filled above.
    let status = unsafe { api::Py_PreInitialize(config) };
    if status.kind == 0 {
        return Ok(());
    }
    if status.message.is_null() {
        return Err("Python cannot be pre-initialised".to_owned());
    }
    // SAFETY: a constant text of CPython.
    let message = unsafe { CStr::from_ptr(status.message) }.to_string_lossy();
    Err(format!("Python cannot be pre-initialised: {message}"))
}

/// Runs the runner and has it load the handler.
pub(super) fn lane(slot: &Slot) -> Result<Result<Lane, NoLane>> {
    let Some(layout) = Layout::probe()? else {
        let reason = "this Python keeps its objects in another way than those that are known";
        return Ok(Err(NoLane::Unsupported(reason.to_owned())));
    };
    let runner = run(slot.input(Texts::Second))?;
    let config = Object::decode(slot.input(Texts::Third), c"strict")?;
    let config =
        named(&runner, c"json")?.borrow().attribute(c"loads")?.borrow().call(&[config.borrow()])?;
    let parts = named(&runner, c"open_lane")?.borrow().call(&[config.borrow()])?;
    if let Some(failed) = parts.borrow().dict_get(&Object::name(c"failed")?)? {
        return Ok(Err(NoLane::Failed(failed.to_owned())));
    }
    let parts = Parts::take(|name| named(&parts, name))?;
    Lane::new(runner, parts, layout).map(Ok)
}

/// Runs the source of the runner; gives its namespace.
fn run(source: &[u8]) -> Result<Object> {
    let globals = Object::dict()?;
    let set =
        |name: &CStr, value: Borrowed<'_>| globals.borrow().dict_set(&Object::name(name)?, value);
    set(c"__name__", Object::name(c"faastlane_runner")?.borrow())?;
    set(c"__builtins__", api::PyEval_GetBuiltins().ok_or(Raised)?)?;
    let source =
        CString::new(source).map_err(|_| raise_value_error(c"the runner contains a NUL"))?;
    let name = c"<faastlane runner>";
    let (source, start) = (source.as_ptr(), api::PY_FILE_INPUT);
    // SAFETY: two texts that end with a NUL, no flags, and the optimisation of the command line.
    let code = unsafe { api::Py_CompileStringExFlags(source, name.as_ptr(), start, null(), -1) };
    let code = code.ok_or(Raised)?;
    // SAFETY: code and dicts.
    unsafe { api::PyEval_EvalCode(code.borrow(), globals.borrow(), globals.borrow()) }
        .ok_or(Raised)?;
    Ok(globals)
}

/// What a dict that the runner has made holds under this name.
fn named(dict: &Object, name: &CStr) -> Result<Object> {
    let found = dict.borrow().dict_get(&Object::name(name)?)?;
    found
        .map(Borrowed::to_owned)
        .ok_or_else(|| raise_value_error(c"the runner is not the one that belongs to this shim"))
}
