//! Handlers behave as on Lambda: the same ones run by `awslambdaric`, the runtime client that AWS
//! publishes, give the same results, errors and logs, byte for byte.
//!
//! The client comes from the package registry and is kept under the target folder. Where it cannot
//! be had, the tests say so and pass; `FAASTLANE_REQUIRE_ORACLE=1` makes that a failure.

mod case;
mod client;
mod differences;
mod errors;
#[path = "../suite/harness.rs"]
mod harness;
mod logs;
#[path = "../suite/python_text.rs"]
mod python_text;
mod runtime_api;
mod values;

use std::path::Path;
use std::sync::OnceLock;

use case::{Case, Seen};
use harness::Kind;

/// The lanes that are compared.
const KINDS: [Kind; 3] = [Kind::Portable, Kind::Process, Kind::Namespaces];
/// What the harness takes where no kind is named.
const KIND: Kind = Kind::Portable;

/// Runs every case in both, and names all those that differ.
fn check(cases: Vec<Case>) {
    let Some(packages) = packages() else { return };
    let mut differences = Vec::new();
    for case in &cases {
        let (ours, theirs) = run(packages, case);
        let app = &case.files.first().expect("a case has a file").1;
        for (kind, ours) in ours.iter().filter(|(_, ours)| *ours != theirs) {
            let events = &case.events;
            differences.push(format!(
                "{app}\n{events:?}\n{kind:?} lane: {ours:#?}\nawslambdaric: {theirs:#?}\n"
            ));
        }
    }
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

/// What our lanes make of a case, and what `awslambdaric` does.
fn run(packages: &Path, case: &Case) -> (Vec<(Kind, Seen)>, Seen) {
    let (_root, function) = case.write();
    let theirs = client::run(packages, &function, case.handler, &case.events);
    let comparable = |seen: Seen| match case.with_log {
        true => Seen { log: comparable_log(&seen.log), ..seen },
        false => Seen { log: String::new(), ..seen },
    };
    let ours = KINDS
        .map(|kind| (kind, comparable(case::run_in_lane(kind, function.clone(), &case.events))));
    (ours.into(), comparable(theirs))
}

/// The folder of `awslambdaric`, unless it cannot be had.
#[expect(clippy::print_stderr, reason = "whoever runs the tests must see that these were skipped")]
fn packages() -> Option<&'static Path> {
    static PACKAGES: OnceLock<Result<std::path::PathBuf, String>> = OnceLock::new();
    match PACKAGES.get_or_init(client::install) {
        Ok(folder) => Some(folder),
        Err(reason) if std::env::var_os("FAASTLANE_REQUIRE_ORACLE").is_some() => {
            panic!("awslambdaric is required and cannot be installed: {reason}")
        }
        Err(reason) => {
            eprintln!("skipped: awslambdaric cannot be installed: {reason}");
            None
        }
    }
}

/// The log without what is never the same twice: times. A line that was begun and not ended is one
/// line on Lambda, and reported as one here.
fn comparable_log(log: &str) -> String {
    let lines = log.lines().filter(|line| !line.contains(RUNTIME_UPDATES));
    let lines = lines.map(|line| {
        let fields = line.split('\t').map(|field| if is_time(field) { "TIME" } else { field });
        fields.collect::<Vec<_>>().join("\t") + "\n"
    });
    lines.collect()
}

/// Advice of AWS about its own updates, printed before each error of loading. It would mislead
/// here, so the lane does not print it.
const RUNTIME_UPDATES: &str = "LAMBDA_WARNING: Unhandled exception.";

/// Whether this is a time such as `2026-01-01T00:00:00.000Z`.
fn is_time(field: &str) -> bool {
    let shape: String = field.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00T00:00:00.000Z"
}
