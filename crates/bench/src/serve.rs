//! What `faastlane serve` bears: executions over HTTP, executions that wait, and its start.
//!
//! Server and generator share the processors, as on a laptop that runs tests against it. The generator is
//! one thread that does little else than `poll`, `read` and `write`; what it takes is told beside what
//! the server takes. A known load generator was the other way: none of them speaks for an execution
//! that was answered with 200 and has failed.

mod client;
mod project;
mod server;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use serde_json::json;

use crate::args::Serve;
use crate::code;
use crate::host::{Host, Processors};
use crate::{report, say};
use client::{Answered, Load, Until, request};
use project::Project;
use server::{Server, Usage};

/// Before it is measured: lanes are loaded, and one more process where that pays.
const WARM: Duration = Duration::from_secs(2);
/// How long the server may take until nothing happens any more.
const CALM: Duration = Duration::from_secs(120);
/// How long a server is left alone before its idle memory is looked at.
const IDLE: Duration = Duration::from_secs(2);

/// The raw results.
#[derive(Debug, Serialize)]
struct Results<'a> {
    host: &'a Host,
    arguments: &'a [String],
    start: Start,
    load: Vec<Measured>,
    waiting: Vec<Waiting>,
}

/// How a server starts.
#[derive(Debug, Serialize)]
struct Start {
    /// From its start to its first answer, of each server.
    first_answers: Vec<Duration>,
    /// When nothing was asked of it yet.
    idle: Usage,
}

/// Executions one after the other on each connection.
#[derive(Debug, Serialize)]
struct Measured {
    operation: &'static str,
    connections: usize,
    executions: usize,
    took: Duration,
    /// In microseconds, in order.
    median: u64,
    p99: u64,
    longest: u64,
    /// Of all processes of the server, and of this program, in microseconds for each execution.
    server_cpu: f64,
    generator_cpu: f64,
    usage: Usage,
}

/// Executions that wait.
#[derive(Debug, Serialize)]
struct Waiting {
    on: &'static str,
    executions: u64,
    started_in: Duration,
    before: Usage,
    after: Usage,
}

/// Measures a server; nothing here judges.
pub(crate) fn run(options: &Serve) -> Result<ExitCode> {
    let processors = Processors::look(false)?;
    let host = Host::look(&options.programs.python, &processors)?;
    say(&host.to_string());
    let parent = tempfile::tempdir().context("no folder for temporary files")?;
    let project = Project::write(parent.path(), &host)?;
    let program = code::faastlane(options.programs.faastlane.as_deref())?;
    let start = |name: &str| Server::start(&program, &project, name, &options.arguments);

    let mut first_answers = Vec::new();
    for number in 0..options.starts.max(1) {
        let (server, took) = start(&format!("start-{number}"))?;
        first_answers.push(took);
        drop(server);
    }
    first_answers.sort_unstable();
    let (server, _) = start("measured")?;
    std::thread::sleep(IDLE);
    let started = Start { first_answers, idle: server.usage()? };
    print(&format!(
        "start: first answer after {:.0?} (median of {}), idle {}",
        started.first_answers[started.first_answers.len() / 2],
        started.first_answers.len(),
        started.idle
    ));

    let mut load = Vec::new();
    for (operation, machine) in [("StartSyncExecution", "Chain"), ("StartExecution", "Lasting")] {
        if options.is_wanted(operation) {
            load.push(measure(&server, operation, machine, options)?);
        }
    }
    drop(server);
    let mut waiting = Vec::new();
    for (on, machine) in [("timer", "Timer"), ("token", "Token")] {
        if options.is_wanted(on) {
            let (server, _) = start(on)?;
            waiting.push(wait(&server, on, machine, options)?);
        }
    }
    let results =
        Results { host: &host, arguments: &options.arguments, start: started, load, waiting };
    let file = report::save(&options.out, "serve-", &host.commit, &results)?;
    say(&format!("raw results: {}", file.display()));
    Ok(ExitCode::SUCCESS)
}

/// Executions of a chain of five functions, as fast as they are answered.
fn measure(
    server: &Server,
    operation: &'static str,
    machine: &str,
    options: &Serve,
) -> Result<Measured> {
    let input = json!({ "text": "x".repeat(180), "number": 1 }).to_string();
    let body = json!({ "stateMachineArn": server.machine(machine)?, "input": input });
    let bytes = request(operation, &body);
    let is_good = |body: &[u8]| match operation {
        "StartSyncExecution" => contains(body, br#""SUCCEEDED""#),
        _ => contains(body, b"executionArn"),
    };
    let connections = options.connections;
    let mut load = Load::connect(server.address(), connections)?;
    load.run(&bytes, Until::Time(Instant::now() + WARM), is_good)?;
    let (server_before, own_before) = (server.cpu(), server::own_cpu());
    let began = Instant::now();
    let Answered { mut latencies } =
        load.run(&bytes, Until::Time(began + Duration::from_secs(options.seconds)), is_good)?;
    let took = began.elapsed();
    let (server_cpu, own_cpu) = (server.cpu() - server_before, server::own_cpu() - own_before);
    latencies.sort_unstable();
    ensure!(!latencies.is_empty(), "no execution has ended");
    let executions = latencies.len();
    let at = |permille: usize| micros(latencies[(executions - 1) * permille / 1000]);
    let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / executions as f64;
    let measured = Measured {
        operation,
        connections,
        executions,
        took,
        median: at(500),
        p99: at(990),
        longest: at(1000),
        server_cpu: each(server_cpu),
        generator_cpu: each(own_cpu),
        usage: server.usage()?,
    };
    print(&format!(
        "{operation}: {:.0} executions/s over {connections} connections, median {:.1} ms, p99 {:.1} ms, \
         longest {:.1} ms; CPU for each: server {:.0} µs, generator {:.0} µs; {}",
        executions as f64 / took.as_secs_f64(),
        measured.median as f64 / 1e3,
        measured.p99 as f64 / 1e3,
        measured.longest as f64 / 1e3,
        measured.server_cpu,
        measured.generator_cpu,
        measured.usage
    ));
    Ok(measured)
}

/// Executions that wait, all at the same time.
fn wait(server: &Server, on: &'static str, machine: &str, options: &Serve) -> Result<Waiting> {
    let body = json!({ "stateMachineArn": server.machine(machine)?, "input": "{}" });
    let bytes = request("StartExecution", &body);
    let before = server.usage()?;
    let mut load = Load::connect(server.address(), options.connections)?;
    let began = Instant::now();
    let is_good = |body: &[u8]| contains(body, b"executionArn");
    load.run(&bytes, Until::Count(options.waiting), is_good)?;
    server.until_calm(CALM)?;
    let started_in = began.elapsed();
    let waiting =
        Waiting { on, executions: options.waiting, started_in, before, after: server.usage()? };
    print(&format!(
        "{} executions wait on a {on}, started in {:.1?}: {}, before {}",
        waiting.executions, waiting.started_in, waiting.after, waiting.before
    ));
    Ok(waiting)
}

fn contains(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A line of results; nothing can be done if nobody reads it.
fn print(line: &str) {
    let _ = std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{line}\n"));
}
