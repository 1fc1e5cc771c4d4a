//! Random inputs for what reads texts and bytes from outside: the targets in `fuzz/`.
//!
//! They are built with the nightly compiler, which is why they stand in a workspace of their own and
//! are no part of `check`. What a run finds new stays in `fuzz/corpus`, for the next run; an input
//! that breaks something stays in `fuzz/artifacts`. `fuzz/seeds` is where all runs begin.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

/// Targets, with the longest input that is tried, in bytes.
const TARGETS: [(&str, u32); 7] = [
    ("asl", 4096),
    ("frame", 1024),
    ("frames", 1024),
    ("intrinsics", 512),
    ("jsonata", 512),
    ("jsonpath", 512),
    ("yaml", 4096),
];

/// Runs every target for so many seconds; ends at the first input that breaks something.
pub(crate) fn run(seconds: &str) -> Result<()> {
    let seconds: u32 = seconds.parse().with_context(|| format!("no number: {seconds}"))?;
    if Command::new("cargo-fuzz").arg("--version").output().is_err() {
        crate::cargo(&["install", "cargo-fuzz", "--locked"], &[])?;
    }
    TARGETS.into_iter().try_for_each(|(target, max_bytes)| fuzz(target, max_bytes, seconds))
}

fn fuzz(target: &str, max_bytes: u32, seconds: u32) -> Result<()> {
    let corpus = format!("fuzz/corpus/{target}");
    fs::create_dir_all(&corpus).with_context(|| format!("cannot make {corpus}"))?;
    let mut arguments = format!(
        "run nightly cargo fuzz run --fuzz-dir fuzz {target} {corpus} fuzz/seeds/{target} -- \
         -max_total_time={seconds} -max_len={max_bytes} -timeout=10 -rss_limit_mb=2048"
    );
    let dictionary = format!("fuzz/{target}.dict");
    if Path::new(&dictionary).exists() {
        arguments += &format!(" -dict={dictionary}");
    }
    let mut command = Command::new("rustup");
    crate::run(&format!("rustup {arguments}"), command.args(arguments.split(' ')))
}
