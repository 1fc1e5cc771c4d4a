//! Which of the found Pythons runs a function.
//!
//! A function names a Lambda runtime, and machines rarely have exactly that version. Newer Pythons run
//! older code far more often than the reverse, so a missing version is replaced by the nearest newer one,
//! and only then by an older one, with a warning. Refusing to run was the road not taken: most handlers
//! do not care.

use crate::Found;
use crate::{Error, OLDEST, Python, Version};
use std::cmp::Reverse;

/// The Python for a function, and why it is this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The Python to use.
    pub python: Python,
    /// Whether the user should be warned: the function may not run on a Python as old as this.
    pub warning: bool,
    wanted: String,
    why: String,
}

impl Choice {
    /// The line for the user, for example
    /// `python3.12 for check, store: /usr/bin/python3.12 (3.12.3), the runtime's version`.
    pub fn line(&self, functions: &[&str]) -> String {
        let Self { python, wanted, why, .. } = self;
        let functions = functions.join(", ");
        format!("{wanted} for {functions}: {} ({}), {why}", python.path.display(), python.version)
    }
}

/// Chooses the Python for a function's runtime.
///
/// `runtime` is a Lambda runtime (`python3.12`) or an OpenWhisk kind (`python:3.11`); none means that any
/// supported Python will do, and the first one found is taken: the one that `python3` starts.
///
/// # Errors
///
/// [`Error::Runtime`] for a runtime of another language or of Python 2, and [`Error::NoPython`] if no
/// Python of a supported version was found.
pub fn choose(runtime: Option<&str>, found: &Found) -> Result<Choice, Error> {
    let minor = wanted(runtime)?;
    let supported: Vec<&Python> =
        found.pythons.iter().filter(|python| python.version >= OLDEST).collect();
    let first = *supported.first().ok_or_else(|| Error::no_python(found))?;
    let wanted = runtime.unwrap_or("python").to_owned();
    let choice = |python: &Python, warning: bool, why: String| {
        Ok(Choice { python: python.clone(), warning, wanted, why })
    };
    let Some(asked) = minor else {
        return choice(first, false, "the first one found".to_owned());
    };
    let minor = asked.max(OLDEST.minor);
    // `min_by_key` takes the first of equals: the one nearest to what the user's shell would start.
    let fitting = supported.iter().filter(|python| python.version.minor >= minor);
    if let Some(python) = fitting.min_by_key(|python| python.version.minor) {
        return choice(python, false, why(asked, python.version));
    }
    let newest = supported.iter().min_by_key(|python| Reverse(python.version.minor));
    let why = format!("older than the runtime (no 3.{minor} or newer here)");
    choice(newest.unwrap_or(&first), true, why)
}

/// Why a version serves a runtime that asks for the minor version `asked`, which is not newer.
fn why(asked: u32, version: Version) -> String {
    let Version { major, minor, .. } = OLDEST;
    if asked < minor {
        format!("the nearest to a runtime older than {major}.{minor}")
    } else if asked == version.minor {
        "the runtime's version".to_owned()
    } else {
        format!("the nearest newer version (no {major}.{asked} here)")
    }
}

/// The minor version of Python 3 that a runtime asks for, if it asks for one.
fn wanted(runtime: Option<&str>) -> Result<Option<u32>, Error> {
    let Some(runtime) = runtime else { return Ok(None) };
    let unsupported = || Error::Runtime { runtime: runtime.to_owned() };
    let version = runtime.strip_prefix("python").ok_or_else(unsupported)?;
    // OpenWhisk writes `python:3.11`, and `python:default` where it leaves the choice.
    let version = version.strip_prefix(':').unwrap_or(version);
    match version {
        "" | "3" | "default" => Ok(None),
        _ => {
            let minor = version.strip_prefix("3.").and_then(|minor| minor.parse().ok());
            minor.map(Some).ok_or_else(unsupported)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(versions: &str) -> Found {
        let python = |version: &str| {
            let (place, version) = version.split_once(':').unwrap_or(("", version));
            let mut numbers = version.split('.').map(|n| n.parse().unwrap());
            let mut number = || numbers.next().unwrap();
            Python {
                path: format!("/{place}{version}").into(),
                version: Version { major: number(), minor: number(), micro: number() },
                prefix: "/".into(),
                platform: "linux-x86_64".to_owned(),
                library: Default::default(),
            }
        };
        Found { pythons: versions.split_whitespace().map(python).collect(), skipped: Vec::new() }
    }

    #[track_caller]
    fn check(runtime: &str, versions: &str, expected: &str) {
        let runtime = Some(runtime).filter(|runtime| !runtime.is_empty());
        let line = match choose(runtime, &found(versions)) {
            Ok(choice) if choice.warning => format!("warning: {}", choice.line(&["f", "g"])),
            Ok(choice) => choice.line(&["f", "g"]),
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(line, expected);
    }

    #[test]
    fn the_runtimes_version_if_there() {
        check(
            "python3.12",
            "3.11.2 3.12.1 3.13.0",
            "python3.12 for f, g: /3.12.1 (3.12.1), the runtime's version",
        );
        check(
            "python3.12",
            "a:3.12.1 b:3.12.9",
            "python3.12 for f, g: /a3.12.1 (3.12.1), the runtime's version",
        );
        check(
            "python:3.11",
            "3.11.2",
            "python:3.11 for f, g: /3.11.2 (3.11.2), the runtime's version",
        );
    }

    #[test]
    fn else_the_lowest_newer_one() {
        check(
            "python3.10",
            "3.9.1 3.13.0 a:3.12.1 b:3.12.2",
            "python3.10 for f, g: /a3.12.1 (3.12.1), the nearest newer version (no 3.10 here)",
        );
    }

    #[test]
    fn else_the_newest_with_a_warning() {
        check(
            "python3.14",
            "3.9.1 a:3.12.1 b:3.12.2 3.10.5",
            "warning: python3.14 for f, g: /a3.12.1 (3.12.1), \
             older than the runtime (no 3.14 or newer here)",
        );
    }

    #[test]
    fn runtimes_older_than_supported_count_as_the_oldest() {
        for runtime in ["python3.6", "python3.8"] {
            check(
                runtime,
                "3.8.1 3.12.1 3.9.7",
                &format!(
                    "{runtime} for f, g: /3.9.7 (3.9.7), the nearest to a runtime older than 3.9"
                ),
            );
        }
        check(
            "python3.7",
            "3.7.1 3.11.0",
            "python3.7 for f, g: /3.11.0 (3.11.0), the nearest to a runtime older than 3.9",
        );
    }

    #[test]
    fn without_a_version_the_first_supported_one() {
        for runtime in ["", "python:3", "python:default", "python3"] {
            let wanted = if runtime.is_empty() { "python" } else { runtime };
            check(
                runtime,
                "3.8.1 3.11.2 3.13.0",
                &format!("{wanted} for f, g: /3.11.2 (3.11.2), the first one found"),
            );
        }
    }

    #[test]
    fn other_runtimes_are_refused() {
        for runtime in ["nodejs20.x", "java21", "provided.al2023", "python2.7", "python3.x"] {
            let expected = format!(
                "error: the runtime `{runtime}` is not supported: functions run on Python 3.9 or newer"
            );
            check(runtime, "3.12.1", &expected);
        }
    }

    #[test]
    fn no_supported_python() {
        check(
            "python3.12",
            "3.8.1",
            "error: no Python 3.9 or newer found (only /3.8.1, 3.8.1): install one, for example with \
             `apt-get install python3 python3-venv` or `uv python install 3.12`, \
             or name one with --python",
        );
    }
}
