//! Where a package of a Python lies, for those who read its files and run nothing.

use std::path::{Path, PathBuf};

use crate::{Python, Version};

impl Python {
    /// The folder of a package that is installed for this Python or for its user, if there is one.
    #[must_use]
    pub fn package(&self, name: &str) -> Option<PathBuf> {
        let own = find(&self.prefix, self.version, name);
        let home = std::env::var_os("HOME").map(PathBuf::from);
        own.or_else(|| find(&home?.join(".local"), self.version, name))
    }
}

/// The folder of a package in the installation or environment of an interpreter of this version.
#[must_use]
pub fn package_of(interpreter: &Path, version: Version, name: &str) -> Option<PathBuf> {
    find(interpreter.parent()?.parent()?, version, name)
}

fn find(prefix: &Path, Version { major, minor, .. }: Version, name: &str) -> Option<PathBuf> {
    // The last two are Debian's.
    let places = [
        format!("lib/python{major}.{minor}/site-packages"),
        format!("local/lib/python{major}.{minor}/dist-packages"),
        format!("lib/python{major}/dist-packages"),
    ];
    places.iter().map(|place| prefix.join(place).join(name)).find(|folder| folder.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_lies_beside_the_interpreter() {
        let root = tempfile::tempdir().unwrap();
        let version = Version { major: 3, minor: 12, micro: 1 };
        let package = root.path().join("lib/python3.12/site-packages/botocore");
        std::fs::create_dir_all(&package).unwrap();
        let interpreter = root.path().join("bin/python");
        assert_eq!(package_of(&interpreter, version, "botocore"), Some(package));
        assert_eq!(package_of(&interpreter, version, "boto3"), None);
    }
}
