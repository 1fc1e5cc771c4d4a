//! The shared library of an interpreter, which a lane inside another process is made of.
//!
//! Where it can be is asked of the interpreter and remembered with the rest. Whether it is there is
//! looked at each time: on Debian it is a package of its own, which may come and go.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Python;

/// Where the shared library of an interpreter can be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Library {
    /// The interpreter was built with one (`--enable-shared`).
    pub shared: bool,
    /// What it is called, such as `libpython3.12.so.1.0`.
    pub name: String,
    /// The folders it can be in, the likeliest first.
    pub folders: Vec<PathBuf>,
}

/// Why there is no shared library, as the end of a sentence about the interpreter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoLibrary {
    /// It was built without one.
    #[error("was built without a shared library (--enable-shared)")]
    NotShared,
    /// The file is not there.
    #[error("lacks its shared library {name} in {folder}{}", hint(name, folder))]
    Missing {
        /// What it is called.
        name: String,
        /// The likeliest folder.
        folder: PathBuf,
    },
}

impl Python {
    /// The file of its shared library.
    ///
    /// # Errors
    /// It has none, or the file is not there.
    pub fn libpython(&self) -> Result<PathBuf, NoLibrary> {
        let Library { shared, name, folders } = &self.library;
        let Some(folder) = folders.first().filter(|_| *shared) else {
            return Err(NoLibrary::NotShared);
        };
        let known = folders.iter().filter(|folder| folder.is_absolute());
        let found = known.map(|folder| folder.join(name)).find(|file| file.is_file());
        found.ok_or_else(|| NoLibrary::Missing { name: name.clone(), folder: folder.clone() })
    }
}

/// Distributions have it in a package that is called like the file.
fn hint(name: &str, folder: &Path) -> String {
    let package = name.split(".so").next().filter(|_| folder.starts_with("/usr/lib"));
    package.map(|package| format!("; install {package}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;

    fn python(shared: bool, name: &str, folders: &[&Path]) -> Python {
        let folders = folders.iter().map(|folder| folder.to_path_buf()).collect();
        Python {
            path: "/py/bin/python3".into(),
            version: Version { major: 3, minor: 11, micro: 2 },
            prefix: "/py".into(),
            platform: "linux-x86_64".to_owned(),
            library: Library { shared, name: name.to_owned(), folders },
        }
    }

    #[test]
    fn it_must_be_built_and_there() {
        let folder = tempfile::tempdir().unwrap();
        let name = "libpython3.11.so.1.0";
        let file = folder.path().join(name);
        let nowhere = Path::new("/usr/lib/nowhere");
        let why = |python: Python| python.libpython().unwrap_err().to_string();

        let here = python(true, name, &[nowhere, folder.path()]);
        let missing = "lacks its shared library libpython3.11.so.1.0 in /usr/lib/nowhere; \
                       install libpython3.11";
        assert_eq!(why(here.clone()), missing);
        std::fs::write(&file, "").unwrap();
        assert_eq!(here.libpython(), Ok(file));
        let without = "was built without a shared library (--enable-shared)";
        assert_eq!(why(python(false, name, &[folder.path()])), without);
        assert_eq!(why(python(true, name, &[])), without);
    }
}
