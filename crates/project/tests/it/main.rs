//! Whole projects, written into folders of their own and loaded.

mod cdk;
mod definitions;
mod functions;
mod intrinsics;
mod mistakes;
mod serverless;
mod targets;

use std::fs;
use std::path::{Path, PathBuf};

use faastlane_project::{Error, Options, Project, load};
use tempfile::TempDir;

/// A folder with files, removed at the end of the test.
struct Folder(TempDir);

impl Folder {
    /// Writes `files`; a path that ends with `/` is an empty folder.
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            let file = folder.path().join(path);
            if path.ends_with('/') {
                fs::create_dir_all(file).unwrap();
            } else {
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, text).unwrap();
            }
        }
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn load(&self, options: &Options) -> Result<Project, Error> {
        load(self.path(), options)
    }

    /// The path of something in the folder, as the project gives it.
    fn absolute(&self, path: &str) -> PathBuf {
        self.path().join(path).canonicalize().unwrap()
    }

    /// An error's text with `P` for the folder.
    fn message(&self, error: &Error) -> String {
        self.shorten(&error.to_string())
    }

    fn shorten(&self, text: &str) -> String {
        text.replace(self.path().to_str().unwrap(), "P")
    }
}

/// Options with these parameter values.
fn parameters(values: &[(&str, &str)]) -> Options {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Options { parameters: values.collect(), ..Options::default() }
}

/// The definition of the only machine, as JSON.
fn definition(project: &Project) -> String {
    assert_eq!(project.machines.len(), 1);
    project.machines[0].definition.root.to_value().to_json()
}
