//! What a lane must know about a function before it can start a worker for it.
//!
//! A plain value: whoever found the function (a template, a folder) has already chosen the Python
//! and resolved every path.

use std::path::{Path, PathBuf};
use std::time::Duration;

use faastlane_frame::Spelling;
use serde::{Deserialize, Serialize};

use crate::Reason;

/// A function of the user, ready to be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// The name, as `context.function_name` shows it.
    pub name: String,
    /// The ARN, as `context.invoked_function_arn` shows it.
    pub arn: String,
    /// Folder of the code: working directory, first entry of `sys.path`, `LAMBDA_TASK_ROOT`.
    pub code_root: PathBuf,
    /// What to import and call.
    pub handler: Handler,
    /// The interpreter, Python 3.8 or newer; for a virtual environment its `bin/python`.
    pub python: PathBuf,
    /// The shared library of that interpreter, `libpythonX.Y.so.1.0`; without it the function can
    /// only run in a portable lane.
    pub libpython: Option<PathBuf>,
    /// The `python` folders of its layers, on `sys.path` after the code root. Where such a folder
    /// has `lib/python3.X/site-packages` for the Python that runs, those of all layers come before.
    pub layers: Vec<PathBuf>,
    /// The function's own variables; they win over those that Lambda sets.
    pub environment: Vec<(String, String)>,
    /// How long one call may take, from the moment that a loaded handler gets the event.
    pub timeout: Duration,
    /// Shown to the function (`context.memory_limit_in_mb`).
    pub memory_mib: u32,
    /// A worker that takes more is killed; none for as much as there is.
    pub memory_limit_mib: Option<u32>,
    /// Lambda's name of the runtime, such as `python3.12`. It decides whether results escape
    /// non-ASCII characters (up to `python3.11`) or not.
    pub runtime: String,
    /// Has its worker wait for a debugger.
    pub debug: Option<Debug>,
    /// Whether no other function may be in its process: it has what the others must not see.
    pub alone: bool,
}

impl Function {
    /// Why it can only run in a portable lane, as far as can be told before its module is loaded.
    #[must_use]
    pub fn unfit(&self) -> Option<Reason> {
        let is_text = |path: &Path| path.to_str().is_some();
        match &self.libpython {
            _ if self.debug.is_some() => Some(Reason::Debugged),
            Some(libpython) if self.python.is_absolute() => {
                let mut paths = [libpython, &self.python, &self.code_root].into_iter();
                let all_text = paths.all(|path| is_text(path));
                (!all_text).then_some(Reason::NotUtf8)
            }
            _ => Some(Reason::NoLibpython),
        }
    }

    /// How its runtime writes results as JSON text.
    #[must_use]
    pub fn spelling(&self) -> Spelling {
        let minor = self.runtime.strip_prefix("python3.").and_then(|minor| minor.parse().ok());
        // The rule is the runner's, too: `escapes_non_ascii`.
        if minor.is_some_and(|minor: u32| minor >= 12) {
            Spelling::Python
        } else {
            Spelling::PythonAscii
        }
    }
}

/// A function that is debugged: its worker waits for a debugger before it loads the handler, and
/// stops in it at the first line of each call.
///
/// If the function's Python has the package `debugpy`, editors can attach; else it is `pdb` over
/// TCP. How to attach is the first line of the function's log. Neither the function's timeout nor
/// that of loading is in force (the function sees a day), and there is only one worker, so calls
/// come one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debug {
    /// Where the debugger is waited for, on 127.0.0.1; 0 for any that is free.
    pub port: u16,
}

/// Which function of which module is called.
///
/// It gets the event and the context. One with exactly one positional parameter and no `*args`
/// gets the event alone, as `main(params)` of OpenWhisk does; decorators that keep `__wrapped__`
/// are looked through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Handler {
    /// As on Lambda: `app.lambda_handler`, `pkg.sub.mod.fn`, `src/app.handler`.
    Named(String),
    /// The first of `names` that `module` has.
    AnyOf {
        /// What is imported, as in [`Handler::Named`] without the last part.
        module: String,
        /// Names to try, in this order.
        names: Vec<String>,
    },
}

impl Handler {
    /// The value of `_HANDLER` until the module is loaded.
    pub(crate) fn text(&self) -> String {
        match self {
            Handler::Named(text) => text.clone(),
            Handler::AnyOf { module, names } => {
                format!("{module}.{}", names.first().map_or("", String::as_str))
            }
        }
    }
}

/// The place of a function in the list given to [`crate::Pool::new`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionIndex(pub usize);
