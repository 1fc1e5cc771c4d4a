//! A function of the project, as everything that runs it needs it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::arn;

/// The memory in MiB that Lambda gives a function which states none.
pub const DEFAULT_MEMORY_MIB: u32 = 128;

/// A function: what AWS Lambda would know about it, with folders of this machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// The name it is invoked by.
    pub name: String,
    /// What the template calls it; the name where there is no template.
    pub logical_id: String,
    /// Where its code is.
    pub code: Code,
    /// What is called in that code.
    pub handler: Handler,
    /// The runtime that it asks for, such as `python3.12`.
    pub runtime: Option<String>,
    /// Its environment variables, each name once, in the template's order.
    pub environment: Vec<(String, String)>,
    /// How long one call may take.
    pub timeout: Duration,
    /// Its memory in MiB, if the project states it; Lambda's default is [`DEFAULT_MEMORY_MIB`].
    pub memory_mib: Option<u32>,
    /// Folders that its layers put on `sys.path`, the first one first.
    pub layers: Vec<PathBuf>,
}

/// Where the code of a function is.
#[derive(Debug, Clone, PartialEq)]
pub enum Code {
    /// In a folder of this machine.
    Folder {
        /// The code root, `/var/task` on Lambda: working directory and first on `sys.path`. Absolute.
        root: PathBuf,
        /// The folder of the handler's module, which is the root or lies in it.
        folder: PathBuf,
    },
    /// In the template itself: the text of a module `index`. Write it as `index.py` into an empty
    /// folder, which is then the code root.
    Inline(String),
    /// Nowhere on this machine, or not Python.
    Unavailable(String),
}

impl Code {
    /// Code in the folder `root` whose handler module is `module` (`app` or `src/app` or `pkg.app`).
    pub(crate) fn folder(root: PathBuf, module: &str) -> Self {
        let parent = match module.replace('.', "/").rsplit_once('/') {
            Some((parent, _)) => root.join(parent),
            None => root.clone(),
        };
        let folder = if parent.is_dir() { parent } else { root.clone() };
        Self::Folder { root, folder }
    }

    /// The code root, if it is a folder.
    #[must_use]
    pub fn root(&self) -> Option<&Path> {
        if let Self::Folder { root, .. } = self { Some(root) } else { None }
    }
}

/// What is called in the code of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handler {
    /// `module.function`, as in a template; see "Handler resolution" of AWS Lambda.
    Named(String),
    /// The first of `names` that `module` has; for functions that are only files.
    AnyOf {
        /// The module.
        module: String,
        /// Names of functions, most wanted first.
        names: Vec<String>,
    },
}

impl Handler {
    /// The handler of a module that no template describes.
    pub(crate) fn of_module(module: &str) -> Self {
        let names = ["handler", "lambda_handler", "main"].map(str::to_owned).to_vec();
        Self::AnyOf { module: module.to_owned(), names }
    }

    /// The module, as it was written (`src/app`, `pkg.app`).
    #[must_use]
    pub fn module(&self) -> &str {
        match self {
            Self::Named(name) => name.rsplit_once('.').map_or(name, |(module, _)| module),
            Self::AnyOf { module, .. } => module,
        }
    }
}

impl Function {
    /// Its ARN, without version or alias.
    #[must_use]
    pub fn arn(&self) -> String {
        arn::of_function(&self.name)
    }
}

/// The function that `reference` (a name or ARN in any form) means: by name, else by logical id.
pub(crate) fn find<'f>(functions: &'f [Function], reference: &str) -> Option<&'f Function> {
    let name = arn::function_name(reference)?;
    let by_name = functions.iter().find(|function| function.name == name);
    by_name.or_else(|| functions.iter().find(|function| function.logical_id == name))
}
