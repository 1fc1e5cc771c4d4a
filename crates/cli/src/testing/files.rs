//! The files of a project's tests.

use std::path::{Path, PathBuf};

use faastlane_asl::StateMachine;
use faastlane_container::{Conditions, WaitScale};
use faastlane_engine::Mocks;
use faastlane_testing::case::{Case, Input, MockSource};

use crate::{Error, conditions, input};

/// How the names of tests end.
const ENDING: &str = ".test.json";

/// A test and the file that it stands in.
pub(crate) struct TestFile {
    /// Its name: the path below the folder of tests, without its ending.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) case: Case,
    /// Its input, as JSON text.
    pub(crate) input: String,
}

/// The folder of a project's tests.
pub(crate) fn folder(project: &Path) -> PathBuf {
    project.join("tests")
}

/// All tests in a folder and below whose names have one of `filters` in them, by their names.
pub(crate) fn find(folder: &Path, filters: &[String]) -> Result<Vec<TestFile>, Error> {
    let mut paths = Vec::new();
    list(folder, &mut paths)?;
    paths.sort();
    let mut tests = Vec::new();
    for path in paths {
        let below = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy();
        let name = below.trim_end_matches(ENDING).to_owned();
        if filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str())) {
            tests.push(read(name, path)?);
        }
    }
    Ok(tests)
}

fn list(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |error| {
        let folder = folder.display();
        Error::Invalid(format!("cannot read the folder of tests {folder}: {error}"))
    };
    for entry in folder.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            list(&path, paths)?;
        } else if path.to_str().is_some_and(|path| path.ends_with(ENDING)) {
            paths.push(path);
        }
    }
    Ok(())
}

fn read(name: String, path: PathBuf) -> Result<TestFile, Error> {
    let shown = path.display();
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Error::Invalid(format!("cannot read the test {shown}: {error}")))?;
    let case = Case::parse(&text).map_err(|error| Error::Invalid(format!("{shown}:{error}")))?;
    let input = match &case.input {
        Input::Value(value) => value.to_json(),
        Input::File(file) => input::of_file(&beside(&path, file))?,
    };
    Ok(TestFile { name, path, case, input })
}

/// A file that another one names.
fn beside(file: &Path, named: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(named)
}

impl TestFile {
    /// The conditions under which it runs on a machine of this name.
    pub(crate) fn conditions(
        &self,
        name: &str,
        machine: &StateMachine,
    ) -> Result<Conditions, Error> {
        let Case { wait_scale, now, seed, .. } = &self.case;
        Ok(Conditions {
            mocks: self.mocks(name, machine)?,
            wait_scale: WaitScale::new(*wait_scale).unwrap_or_default(),
            now: *now,
            seed: Some(*seed),
            ..Conditions::default()
        })
    }

    fn mocks(&self, name: &str, machine: &StateMachine) -> Result<Mocks, Error> {
        match &self.case.mocks {
            MockSource::File { file, case } => {
                conditions::from_file(&beside(&self.path, file), case, name, machine)
            }
            MockSource::Inline(_) | MockSource::None => self
                .case
                .inline_mocks(machine)
                .map_err(|error| Error::Invalid(format!("{}:{error}", self.path.display()))),
        }
    }
}
