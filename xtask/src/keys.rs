//! Tests that need protection keys: here if the processor has them, else in a virtual machine.
//!
//! They are ordinary tests, which say that they were skipped where there are no keys. Here a skip is a
//! failure.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::vm::{self, Job};

/// Packages and targets with such tests.
const TARGETS: [(&str, &str); 3] =
    [("faastlane-host", "keys"), ("faastlane-host", "lockdown"), ("faastlane", "keys")];

/// Set to 1, it makes a test fail that would be skipped for want of keys.
pub(crate) const REQUIRE: &str = "FAASTLANE_REQUIRE_MPK";

/// Emulated, they take minutes.
const TIME_LIMIT: Duration = Duration::from_secs(15 * 60);

/// Runs them; `filters` are those of `cargo test`.
pub(crate) fn run(filters: &[String]) -> Result<()> {
    let mut arguments = vec!["test"];
    arguments.extend(TARGETS.iter().flat_map(|(name, test)| ["--package", name, "--test", test]));
    if vm::has_keys() {
        arguments.push("--");
        arguments.extend(filters.iter().map(String::as_str));
        return crate::cargo(&arguments, &[(REQUIRE, "1")]);
    }
    arguments.extend(["--no-run", "--message-format", "json"]);
    let jobs = jobs(&arguments, filters)?;
    println!("\n$ cargo xtask vm -- (the tests of protection keys, as this machine has none)");
    match vm::run(&jobs, TIME_LIMIT) {
        Ok(0) => Ok(()),
        Ok(code) => bail!("a test failed in the virtual machine (exit code {code})"),
        Err(error) if std::env::var_os(REQUIRE).is_none_or(|value| value != "1") => {
            println!("skipped, because there is no virtual machine: {error:#}");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// What `cargo` tells about a file that it has built; lines about other things fit as well.
#[derive(Deserialize)]
struct Message {
    executable: Option<String>,
    manifest_path: Option<String>,
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

fn jobs(arguments: &[&str], filters: &[String]) -> Result<Vec<Job>> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(program).args(arguments).stderr(Stdio::inherit()).output();
    let built = built.context("cannot start cargo")?;
    if !built.status.success() {
        bail!("`cargo {}` failed", arguments.join(" "));
    }
    let mut jobs = Vec::new();
    for line in String::from_utf8_lossy(&built.stdout).lines() {
        let message: Message = serde_json::from_str(line).context("cargo's messages changed")?;
        let is_test = message.profile.is_some_and(|profile| profile.test);
        let (Some(executable), Some(manifest)) = (message.executable, message.manifest_path) else {
            continue;
        };
        if is_test {
            let mut job = Job::new([&[executable], filters].concat())?;
            job.folder = Path::new(&manifest).with_file_name("");
            job.variables.retain(|(name, _)| name != REQUIRE);
            job.variables.push((REQUIRE.to_owned(), "1".to_owned()));
            jobs.push(job);
        }
    }
    Ok(jobs)
}
