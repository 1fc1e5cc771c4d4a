//! What a lane is made of.

use std::path::PathBuf;

/// One function with its Python.
#[derive(Debug, Clone)]
pub struct LaneSpec {
    /// The function's name, for messages.
    pub name: String,
    /// The `python` of the function's environment: `sys.executable`, and where packages are found.
    pub python: PathBuf,
    /// The shared libpython of that Python.
    pub libpython: PathBuf,
    /// The source of the runner, which loads the handler.
    pub runner: &'static str,
    /// The runner's configuration, as JSON.
    pub config: String,
    /// The whole environment of the function.
    pub environment: Vec<(String, String)>,
    /// The folder of the function's code: its working directory.
    pub code_root: PathBuf,
}

/// Where a lane is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// A namespace of its own. Passing through the gate can be survived, whatever the function does.
    Own,
    /// The base namespace: the lane is an ordinary part of this process, and there is only one. What
    /// ends the function ends the process.
    Base,
}
