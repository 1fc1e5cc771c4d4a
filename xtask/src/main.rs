//! `cargo xtask`: every check of this repository, by one command.
//!
//! `check` is what CI runs. The other commands are its parts, and measurements that take longer.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it tells the developer what it does"
)]

mod api;
mod fuzz;
mod keys;
mod vm;

use std::env;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

const HELP: &str = "\
cargo xtask check                 format, lints, docs, tests, and the recorded executions
cargo xtask api [PYTEST OPTION]...  boto3 and the AWS CLI against `faastlane serve`, every operation
cargo xtask conformance [FOLDER]  the executions recorded on AWS [default: ../shared/asl-cases]
cargo xtask conformance --server [FOLDER]  the same through the API of `faastlane serve`
cargo xtask jsonata-suite [FOLDER]  the test suite of the JSONata project [default: ../shared/jsonata-suite]
cargo xtask bench [OPTIONS]       what states, hops, starts and memory cost, beside plain Python
cargo xtask bench soak [OPTIONS]  a million calls over lanes, or the examples for minutes: what stays behind
cargo xtask bench serve [OPTIONS] executions over HTTP, executions that wait, and the start of a server
cargo xtask faults [OPTIONS]      the examples while processes die, memory runs out, …: how each run ends
cargo xtask crash [OPTIONS]       a server that is killed 50 times while 500 executions run: none is lost
cargo xtask fuzz [SECONDS]        each target of fuzz/ for so long [default: 300], with the nightly compiler
cargo xtask keys [TEST]...        the tests that need protection keys, if need be in a virtual machine
cargo xtask vm -- COMMAND...      runs it in a virtual machine whose processor has protection keys";

/// Long enough for all that somebody would wait for.
const VM_TIME_LIMIT: Duration = Duration::from_secs(3600);

fn main() -> Result<ExitCode> {
    if vm::init::is_init() {
        return vm::init::main().map(|()| ExitCode::SUCCESS);
    }
    let arguments: Vec<String> = env::args().skip(1).collect();
    let ended = match arguments.split_first() {
        Some((command, [])) if command == "check" => check(),
        Some((command, rest)) if command == "api" => api::test(rest),
        Some((command, rest)) if command == "conformance" => conformance(rest, true),
        Some((command, rest)) if command == "jsonata-suite" => {
            conformance(&[&["jsonata".to_owned()], rest].concat(), true)
        }
        Some((command, rest)) if command == "bench" => bench(rest),
        Some((command, rest)) if command == "faults" => {
            bench(&[&["faults".to_owned()], rest].concat())
        }
        Some((command, rest)) if command == "crash" => {
            bench(&[&["crash".to_owned()], rest].concat())
        }
        Some((command, [])) if command == "fuzz" => fuzz::run("300"),
        Some((command, [seconds])) if command == "fuzz" => fuzz::run(seconds),
        Some((command, filters)) if command == "keys" => keys::run(filters),
        Some((command, [dashes, job @ ..])) if command == "vm" && dashes == "--" => {
            return Ok(vm::run(&[vm::Job::new(job.to_vec())?], VM_TIME_LIMIT)?.into());
        }
        _ => {
            println!("{HELP}");
            bail!("unknown command")
        }
    };
    ended.map(|()| ExitCode::SUCCESS)
}

fn check() -> Result<()> {
    cargo(&["fmt", "--all", "--check"], &[])?;
    let lints = ["--workspace", "--all-targets", "--", "-D", "warnings"];
    cargo(&[&["clippy"], &lints[..]].concat(), &[])?;
    // A workspace of its own, because it is loaded into lanes and not into us.
    let shim = ["--manifest-path", "crates/shim/Cargo.toml"];
    cargo(&[&["fmt"], &shim[..], &["--check"]].concat(), &[])?;
    let separately = ["--target-dir", "target/shim", "--", "-D", "warnings"];
    cargo(&[&["clippy"], &shim[..], &separately[..]].concat(), &[])?;
    cargo(&["doc", "--workspace", "--no-deps"], &[("RUSTDOCFLAGS", "-D warnings")])?;
    conformance(&[], false)?;
    // Without keys nothing that needs them is asked for, until there are some.
    let required = if vm::has_keys() { "1" } else { "0" };
    cargo(&["test", "--workspace"], &[(keys::REQUIRE, required)])?;
    api::test(&[])?;
    keys::run(&[])
}

/// `release` builds it as it ships; the checks use what the tests build anyway.
fn conformance(arguments: &[String], release: bool) -> Result<()> {
    if arguments.iter().any(|argument| argument == "--server") {
        build_command()?;
    }
    run_package("faastlane-conformance", arguments, release)
}

fn bench(arguments: &[String]) -> Result<()> {
    // Whole runs are measured too.
    build_command()?;
    run_package("faastlane-bench", arguments, true)
}

/// The command, which is looked for beside the program that needs it.
fn build_command() -> Result<()> {
    cargo(&["build", "--quiet", "--release", "--package", "faastlane"], &[])
}

fn run_package(package: &str, arguments: &[String], release: bool) -> Result<()> {
    let mut line = vec!["run", "--quiet", "--package", package];
    if release {
        line.push("--release");
    }
    line.push("--");
    line.extend(arguments.iter().map(String::as_str));
    cargo(&line, &[])
}

fn cargo(arguments: &[&str], variables: &[(&str, &str)]) -> Result<()> {
    let line = format!("cargo {}", arguments.join(" "));
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(&line, Command::new(program).args(arguments).envs(variables.iter().copied()))
}

/// Runs `command`, which the developer would type as `line`.
fn run(line: &str, command: &mut Command) -> Result<()> {
    println!("\n$ {line}");
    let status = command.status().with_context(|| format!("cannot start {line}"))?;
    if !status.success() {
        bail!("`{line}` failed");
    }
    Ok(())
}
