//! Every example gives the output that is written down beside it, for every event and machine, and
//! the same handlers called from plain Python give it too.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Outcome, cache, compact, faastlane, skip};

#[test]
fn finra() {
    check("finra", &["none", "aws"]);
}

#[test]
fn healthcare() {
    check("healthcare", &["none", "aws"]);
}

#[test]
fn ml_prediction() {
    // Its tensor is larger than what AWS passes between states.
    check("ml-prediction", &["none"]);
}

#[test]
fn sentiment() {
    check("sentiment", &["none", "aws"]);
}

#[test]
fn no_example_is_left_out() {
    let mut names: Vec<String> = folder_names(&examples());
    names.retain(|name| examples().join(name).join("template.yaml").is_file());
    names.sort();
    assert_eq!(names, ["finra", "healthcare", "ml-prediction", "sentiment"]);
}

/// Where functions run changes nothing: in thread lanes only, in thread lanes and forks of their
/// process, in forked hosts of their own, in portable lanes.
const PLACINGS: [&str; 4] = [
    "--lanes threads --isolation none",
    "--isolation none",
    "--lanes processes",
    "--lanes portable",
];

/// Runs all cases of an example under these limits, then everywhere, and its oracle.
fn check(example: &str, limits: &[&str]) {
    let example = examples().join(example);
    let cases = cases(&example);
    assert!(!cases.is_empty());
    for (case, limits) in cases.iter().flat_map(|case| limits.iter().map(move |l| (case, l))) {
        let Some(found) = run(&example, case, &["--limits", limits]) else { return };
        case.check(&found);
    }
    for (case, placing) in cases.iter().flat_map(|case| PLACINGS.iter().map(move |p| (case, p))) {
        let options: Vec<_> = placing.split(' ').collect();
        let Some(found) = run(&example, case, &options) else { return };
        case.check(&found);
    }
    let oracle = Oracle::of(&example);
    for case in &cases {
        let expected = std::fs::read_to_string(&case.expected).unwrap();
        assert_eq!(oracle.run(case), expected, "the oracle, for {}", case.expected.display());
    }
}

/// A file in `expected`, and what it is expected of.
struct Case {
    expected: PathBuf,
    event: PathBuf,
    /// None is the example's default.
    machine: Option<String>,
    fails: bool,
}

impl Case {
    #[track_caller]
    fn check(&self, found: &Outcome) {
        let expected = compact(&std::fs::read_to_string(&self.expected).unwrap());
        if !self.fails {
            return found.expect(0, &(expected + "\n"));
        }
        let fields = expected.trim_start_matches('{');
        found.expect(1, &format!("{{\"status\":\"FAILED\",{fields}\n"));
    }
}

/// All cases of an example: `expected/[failed/][MACHINE.]STEM.json`.
fn cases(example: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for (folder, fails) in [("expected", false), ("expected/failed", true)] {
        let folder = example.join(folder);
        for name in folder_names(&folder) {
            let Some(stem) = name.strip_suffix(".json") else { continue };
            let (machine, event) = match stem.split_once('.') {
                Some((machine, event)) => (Some(machine.to_owned()), event),
                None => (None, stem),
            };
            let event = example.join("events").join(event).with_extension("json");
            cases.push(Case { expected: folder.join(&name), event, machine, fails });
        }
    }
    cases
}

/// The outcome of a case; none, and a line about it, where packages cannot be installed.
fn run(example: &Path, case: &Case, options: &[&str]) -> Option<Outcome> {
    let mut command = faastlane(example, "run .");
    command.args(options).arg("--input").arg(&case.event);
    if let Some(machine) = &case.machine {
        command.args(["--machine", machine]);
    }
    if case.fails {
        command.arg("--json");
    }
    let found = Outcome::of(&mut command);
    let what = || found.stderr.lines().find(|line| line.contains("could not be installed"));
    if found.code == 2
        && let Some(what) = what()
    {
        skip(&format!("{}: {what}", example.display()));
        return None;
    }
    Some(found)
}

/// The workflow as a Python program, and a Python with the packages that its functions ask for.
struct Oracle {
    script: PathBuf,
    python: PathBuf,
    /// Where functions have different sets of packages, those of the other sets.
    packages: Vec<PathBuf>,
}

impl Oracle {
    /// Of an example that has been run, so that its environments are there.
    fn of(example: &Path) -> Self {
        let mut environments = environments_of(example);
        let python = environments.first().map(|environment| environment.join("bin/python"));
        environments.drain(..environments.len().min(1));
        Self {
            script: example.join("oracle.py"),
            python: python.unwrap_or("python3".into()),
            packages: environments.iter().map(|environment| site_packages(environment)).collect(),
        }
    }

    fn run(&self, case: &Case) -> String {
        let mut command = Command::new(&self.python);
        let machine = case.machine.iter().flat_map(|machine| ["--machine", machine]);
        command.arg("-B").arg(&self.script).args(machine).arg(&case.event);
        command.env("PYTHONPATH", std::env::join_paths(&self.packages).unwrap());
        let found = Outcome::of(&mut command);
        assert_eq!(found.code, i32::from(case.fails), "{}", found.stderr);
        found.stdout
    }
}

/// The environments in the cache with packages that functions of this example ask for.
fn environments_of(example: &Path) -> Vec<PathBuf> {
    let mut wanted = String::new();
    for function in folder_names(&example.join("functions")) {
        let file = example.join("functions").join(function).join("requirements.txt");
        wanted += &std::fs::read_to_string(file).unwrap_or_default();
    }
    let folder = cache().join("environments");
    let environments = folder_names(&folder).into_iter().map(|name| folder.join(name));
    environments
        .filter(|environment| {
            let mark = std::fs::read_to_string(environment.join("faastlane-environment"));
            mark.is_ok_and(|mark| mark.lines().any(|line| wanted.lines().any(|own| own == line)))
        })
        .collect()
}

fn site_packages(environment: &Path) -> PathBuf {
    let library = environment.join("lib");
    let version = folder_names(&library).into_iter().find(|name| name.starts_with("python"));
    library.join(version.unwrap()).join("site-packages")
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").canonicalize().unwrap()
}

/// The names in a folder; none if it is not there.
fn folder_names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
