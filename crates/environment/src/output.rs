//! Reads what uv and pip print: how far they are, and why they failed.
//!
//! Both print for people, so what is not understood is passed over: a bar that stands still for a moment
//! is the worst that can happen.

use crate::Progress;
use std::process::ExitStatus;

/// Turns lines of output into progress.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    done: u64,
    total: Option<u64>,
}

impl Meter {
    /// What a line says about progress, if anything.
    pub(crate) fn read(&mut self, line: &str) -> Option<Progress> {
        let (verb, rest) = line.trim_start().split_once(' ')?;
        let rest = rest.trim();
        let step = match verb {
            "Collecting" | "Processing" => {
                self.done += 1;
                format!("collecting {}", rest.split(" (from").next().unwrap_or(rest))
            }
            "Downloading" => format!("downloading {rest}"),
            "Building" => format!("building {}", built(rest)?),
            "Installing" => {
                let packages = rest.strip_prefix("collected packages: ")?;
                self.installing(u64::try_from(packages.split(',').count()).ok()?)
            }
            "Successfully" if rest.starts_with("installed") => self.installed(),
            // uv: "Resolved 5 packages in 10ms", then "Prepared …", "Installed …".
            "Resolved" => {
                let packages = count(rest)?;
                self.total = Some(packages + 1);
                format!("fetching {}", packages_text(packages))
            }
            "Prepared" => self.installing(count(rest)?),
            "Installed" => self.installed(),
            _ => return None,
        };
        Some(Progress { step, done: self.done, total: self.total })
    }

    /// All are fetched; installing them is the last part.
    fn installing(&mut self, packages: u64) -> String {
        self.done = packages;
        self.total = Some(packages + 1);
        format!("installing {}", packages_text(packages))
    }

    fn installed(&mut self) -> String {
        self.done = self.total.unwrap_or(self.done);
        self.total = Some(self.done);
        "installed".to_owned()
    }
}

/// The package that is being built: pip says "wheel for x (pyproject.toml): started", uv "x @ file:///x".
fn built(text: &str) -> Option<&str> {
    let package = match text.strip_prefix("wheel for ") {
        Some(wheel) => wheel.strip_suffix(": started")?,
        None if text.starts_with("wheels for ") => return None,
        None => text,
    };
    package.split(' ').next()
}

fn count(text: &str) -> Option<u64> {
    text.split(' ').next()?.parse().ok()
}

fn packages_text(count: u64) -> String {
    format!("{count} package{}", if count == 1 { "" } else { "s" })
}

/// How many lines of a failure are shown: the first two, then the last ones.
const SHOWN: usize = 8;

/// Longer lines are cut, in characters.
const LONGEST: usize = 300;

/// The lines which say why a tool failed, indented, for a message.
pub(crate) fn failure(lines: &[String], status: ExitStatus) -> String {
    let said: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !is_noise(line)).collect();
    let is_error = |line: &&str| {
        let line = line.trim_start();
        ["ERROR", "error:", "Error:", "×"].iter().any(|start| line.starts_with(start))
    };
    // What follows a build's own output only repeats that it failed.
    let end = said.iter().position(|line| line.contains("[end of output]")).unwrap_or(said.len());
    let said = &said[..end];
    let from = said.iter().position(is_error).unwrap_or(said.len().saturating_sub(SHOWN));
    let mut shown: Vec<&str> = said[from..].to_vec();
    shown.dedup();
    if shown.len() > SHOWN {
        shown.splice(2..shown.len() - (SHOWN - 3), ["…"]);
    }
    // Without this, an unreachable index looks like a package that does not exist.
    let unreachable = lines.iter().find_map(|line| {
        let (_, reason) = line.split_once("WARNING: Retrying ")?.1.split_once("broken by ")?;
        Some(format!("the package index could not be reached: {reason}"))
    });
    shown.splice(0..0, unreachable.as_deref());
    if shown.is_empty() {
        return format!("  it said nothing ({status})");
    }
    let cut = |line: &&str| format!("  {}", line.chars().take(LONGEST).collect::<String>());
    shown.iter().map(cut).collect::<Vec<_>>().join("\n")
}

/// Lines that only point to other lines.
fn is_noise(line: &str) -> bool {
    let line = line.trim();
    let starts = ["[notice]", "note:", "hint: See above", "WARNING: Retrying", "WARNING: You are"];
    line.is_empty() || starts.iter().any(|start| line.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[track_caller]
    fn check_progress(output: &str, expected: &[&str]) {
        let mut meter = Meter::default();
        let events: Vec<String> = output
            .lines()
            .filter_map(|line| meter.read(line))
            .map(|Progress { step, done, total }| {
                let total = total.map_or("?".to_owned(), |total| total.to_string());
                format!("{done}/{total} {step}")
            })
            .collect();
        assert_eq!(events, expected);
    }

    #[track_caller]
    fn check_failure(output: &str, expected: &str) {
        let lines: Vec<String> = output.lines().map(str::to_owned).collect();
        assert_eq!(failure(&lines, ExitStatus::from_raw(256)), expected);
    }

    #[test]
    fn progress_of_pip() {
        check_progress(
            "Looking in links: wheels\n\
             Collecting requests==2.31.0 (from -r requirements.txt (line 1))\n  \
               Downloading requests-2.31.0-py3-none-any.whl (62 kB)\n\
             Collecting idna<4,>=2.5 (from requests==2.31.0)\n  \
               Using cached idna-3.4-py3-none-any.whl\n\
             Installing collected packages: idna, requests\n\
             Successfully installed idna-3.4 requests-2.31.0\n",
            &[
                "1/? collecting requests==2.31.0",
                "1/? downloading requests-2.31.0-py3-none-any.whl (62 kB)",
                "2/? collecting idna<4,>=2.5",
                "2/3 installing 2 packages",
                "3/3 installed",
            ],
        );
    }

    #[test]
    fn progress_of_builds() {
        check_progress(
            "Processing ./pkg (from -r requirements.txt (line 1))\n\
             Building wheels for collected packages: pkg\n  \
               Building wheel for pkg (pyproject.toml): started\n  \
               Building wheel for pkg (pyproject.toml): finished with status 'done'\n\
             Building pkg @ file:///f/pkg\n",
            &["1/? collecting ./pkg", "1/? building pkg", "1/? building pkg"],
        );
    }

    #[test]
    fn progress_of_uv() {
        check_progress(
            "Using Python 3.11.7 environment at: E\n\
             Resolved 1 package in 213ms\n\
             Downloading numpy (15.9MiB)\n\
             Prepared 1 package in 900ms\n\
             Installed 1 package in 30ms\n \
             + numpy==1.26.4\n",
            &[
                "0/2 fetching 1 package",
                "0/2 downloading numpy (15.9MiB)",
                "1/2 installing 1 package",
                "2/2 installed",
            ],
        );
    }

    #[test]
    fn failures_keep_the_lines_that_matter() {
        check_failure(
            "Collecting foo==9\n\
             ERROR: Could not find a version that satisfies the requirement foo==9 (from versions: none)\n\
             ERROR: No matching distribution found for foo==9\n\n\
             [notice] A new release of pip is available\n",
            "  ERROR: Could not find a version that satisfies the requirement foo==9 (from versions: none)\n  \
             ERROR: No matching distribution found for foo==9",
        );
        check_failure(
            "  × No solution found when resolving dependencies:\n  \
               ╰─▶ Because foo was not found, we can conclude that your requirements are unsatisfiable.\n",
            "    × No solution found when resolving dependencies:\n    \
               ╰─▶ Because foo was not found, we can conclude that your requirements are unsatisfiable.",
        );
        check_failure("out of memory\n", "  out of memory");
        check_failure("", "  it said nothing (exit status: 1)");
    }

    #[test]
    fn a_failed_build_shows_its_own_error() {
        check_failure(
            "  error: subprocess-exited-with-error\n\n  \
               × Getting requirements to build wheel did not run successfully.\n  \
               │ exit code: 1\n  \
               ╰─> [3 lines of output]\n      \
                   Traceback (most recent call last):\n        \
                     File \"<string>\", line 1, in <module>\n      \
                   RuntimeError: boom\n      \
                   [end of output]\n  \
               note: This error originates from a subprocess\n\
             error: subprocess-exited-with-error\n",
            "    error: subprocess-exited-with-error\n    \
                 × Getting requirements to build wheel did not run successfully.\n    \
                 │ exit code: 1\n    \
                 ╰─> [3 lines of output]\n        \
                     Traceback (most recent call last):\n          \
                       File \"<string>\", line 1, in <module>\n        \
                     RuntimeError: boom",
        );
    }

    #[test]
    fn an_unreachable_index_is_named() {
        check_failure(
            "WARNING: Retrying (4) after connection broken by 'refused'\n\
             WARNING: Retrying (3) after connection broken by 'refused'\n\
             ERROR: No matching distribution found for foo\n",
            "  the package index could not be reached: 'refused'\n  \
             ERROR: No matching distribution found for foo",
        );
    }

    #[test]
    fn long_failures_are_cut_in_the_middle() {
        let output: String = (1..=20).map(|n| format!("error: {n}\n")).collect();
        let expected = "1 2 … 16 17 18 19 20"
            .split(' ')
            .map(|n| if n == "…" { "  …".to_owned() } else { format!("  error: {n}") })
            .collect::<Vec<_>>();
        check_failure(&output, &expected.join("\n"));
    }
}
