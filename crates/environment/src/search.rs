//! Where to look for Pythons and where to keep what was made, as one value.
//!
//! The process's environment is read here and nowhere else, so that a test can look into a folder of its
//! own and several searches can run side by side.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

/// Where [`pythons`](crate::pythons) looks and where results are cached.
#[derive(Debug, Clone)]
pub struct Search {
    /// The folders of PATH, in order; uv is looked for here too.
    pub path: Vec<PathBuf>,
    /// The current folder: shims choose their Python by files in it and above.
    pub cwd: PathBuf,
    /// The user's home folder.
    pub home: Option<PathBuf>,
    /// pyenv's folder, the one that holds `versions`.
    pub pyenv_root: Option<PathBuf>,
    /// The folder in which uv keeps its Pythons.
    pub uv_dir: Option<PathBuf>,
    /// Where environments and answers of interpreters are kept. Without it nothing is remembered and no
    /// environment can be made.
    pub cache: Option<PathBuf>,
    /// The variables by which a user tells a shim which Python to run (`PYENV_VERSION` and its like).
    pub shim_choice: String,
    /// How long a candidate may take to answer before it is killed and skipped.
    pub limit: Duration,
}

impl Search {
    /// The search that a user expects: PATH, pyenv and uv as their own variables and defaults say.
    ///
    /// The cache is `$FAASTLANE_CACHE`, else `$XDG_CACHE_HOME/faastlane`, else `~/.cache/faastlane`.
    pub fn from_env() -> Self {
        let home = folder("HOME");
        let below_home = |tail: &str| home.as_ref().map(|home| home.join(tail));
        let data = folder("XDG_DATA_HOME").or_else(|| below_home(".local/share"));
        let cache = folder("XDG_CACHE_HOME").or_else(|| below_home(".cache"));
        Self {
            path: env::var_os("PATH").map(|p| env::split_paths(&p).collect()).unwrap_or_default(),
            cwd: env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
            pyenv_root: folder("PYENV_ROOT").or_else(|| below_home(".pyenv")),
            uv_dir: folder("UV_PYTHON_INSTALL_DIR").or_else(|| data.map(|d| d.join("uv/python"))),
            cache: folder("FAASTLANE_CACHE").or_else(|| cache.map(|c| c.join("faastlane"))),
            shim_choice: ["PYENV_VERSION", "ASDF_PYTHON_VERSION", "MISE_PYTHON_VERSION"]
                .map(|name| env::var(name).unwrap_or_default())
                .join("\n"),
            limit: Duration::from_secs(10),
            home,
        }
    }

    /// The first file called `name` in a folder of PATH.
    pub(crate) fn which(&self, name: &str) -> Option<PathBuf> {
        let folders = self.path.iter().filter(|folder| folder.is_absolute());
        folders.map(|folder| folder.join(name)).find(|file| file.is_file())
    }
}

/// The folder that a variable names; an empty variable counts as unset (XDG Base Directory
/// Specification).
fn folder(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}
