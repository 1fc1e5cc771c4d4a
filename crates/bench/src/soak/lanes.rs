//! Calls in turn over 8 lanes of one process, through their gates. The handler raises in every 10th of
//! a lane's calls and starts two threads in every 50th; most values are small, some large. Resident
//! memory is looked at every 5 %.

use std::ffi::OsString;
use std::fs;
use std::io::{Write, stdout};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use faastlane_abi::Encoding;
use faastlane_frame::{Frame, encode};
use faastlane_host::{Input, Lane, PROCESS_ENVIRONMENT, Reply};
use faastlane_value::Value;
use rustix::stdio::dup2_stdout;

use crate::code::{Code, load_all, request};
use crate::host::{Host, Processors};
use crate::payload::Payload;
use crate::{definition, say};

const LANES: u64 = 8;
/// How often memory is looked at.
const MARKS: u64 = 20;
/// The mark from which on memory must not grow: caches are filled.
const WARM: usize = 2;
/// By how much it may be larger at the end.
const TOLERANCE: f64 = 0.02;

/// Makes so many calls; tells whether memory stayed what it was.
pub(crate) fn run(calls: u64, python: &Path) -> anyhow::Result<bool> {
    ensure!(calls >= LANES * MARKS, "--calls: at least {}", LANES * MARKS);
    start_again_with_environment()?;
    let host = Host::look(python, &Processors::look(false)?)?;
    say(&host.to_string());
    // The lanes share this process's stdout, and every exception is logged there.
    let mut out = fs::File::from(stdout().as_fd().try_clone_to_owned()?);
    dup2_stdout(fs::File::options().write(true).open("/dev/null")?)?;
    let parent = tempfile::tempdir().context("no folder for temporary files")?;
    let code = host.code(parent.path())?.write("soak", include_str!("../python/soak.py"))?;
    let mut soak = Soak::new(&code)?;

    let begun = Instant::now();
    let mut resident = Vec::new();
    for mark in 1..=MARKS {
        for call in calls * (mark - 1) / MARKS..calls * mark / MARKS {
            soak.call(call)?;
        }
        resident.push(resident_kib()?);
        let (percent, done) = (100 * mark / MARKS, calls * mark / MARKS);
        say(&format!(
            "{percent:4} %  {done:>9} calls  {:8.2} MB",
            megabytes(resident[resident.len() - 1])
        ));
    }
    let (warm, end) = (resident[WARM - 1], resident[resident.len() - 1]);
    let growth = megabytes(end) / megabytes(warm) - 1.0;
    let good = growth <= TOLERANCE;
    writeln!(
        out,
        "| calls | raised | threads | µs a call | MB after 10 % | MB at the end | growth |\n\
         | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n\
         | {calls} | {} | {} | {:.1} | {:.2} | {:.2} | {:.2} %{} |",
        soak.raised,
        soak.threads,
        begun.elapsed().as_secs_f64() * 1e6 / calls as f64,
        megabytes(warm),
        megabytes(end),
        growth * 100.0,
        if good { "" } else { ", too much" },
    )?;
    Ok(good)
}

/// Loads of lanes need an environment that ld.so reads when a process starts.
fn start_again_with_environment() -> anyhow::Result<()> {
    let set = |(name, value): &(&str, &str)| std::env::var(name).as_deref() == Ok(value);
    if PROCESS_ENVIRONMENT.iter().all(set) {
        return Ok(());
    }
    let program = std::env::current_exe().context("this program has no path")?;
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let error = Command::new(program).args(arguments).envs(PROCESS_ENVIRONMENT).exec();
    Err(error).context("cannot start again with the environment that lanes need")
}

struct Soak {
    lanes: Vec<Lane>,
    payloads: [Value; 3],
    raised: u64,
    threads: u64,
}

impl Soak {
    fn new(code: &Code) -> anyhow::Result<Self> {
        let specs = (0..LANES).map(|lane| code.spec(&format!("soak{lane}"), "handler"));
        let lanes = load_all(&specs.collect::<anyhow::Result<Vec<_>>>()?)?;
        let payload = |payload: Payload| definition::value(&payload.value());
        let payloads =
            [payload(Payload::Small)?, payload(Payload::Nested)?, payload(Payload::Text)?];
        Ok(Self { lanes, payloads, raised: 0, threads: 0 })
    }

    /// Makes the call with this number and checks what comes back.
    fn call(&mut self, call: u64) -> anyhow::Result<()> {
        let turn = call / LANES;
        let [small, nested, text] = &self.payloads;
        let payload = match turn {
            _ if turn % 125 == 124 => text,
            _ if turn % 25 == 12 => nested,
            _ => small,
        };
        let (raises, starts) = (turn % 10 == 9, turn % 50 == 7);
        let event = Value::object([
            ("call", number(call)),
            ("threads", Value::Bool(starts)),
            ("raise", Value::Bool(raises)),
            ("payload", payload.clone()),
        ]);
        let mut frame = Vec::new();
        encode(&event, &mut frame)?;
        let lane = usize::try_from(call % LANES).expect("there are few lanes");
        let reply = self.lanes[lane].call(&request(Input::Frame(&frame)));
        match reply {
            Reply::Returned { encoding: Encoding::Frame, body, .. } if !raises => {
                let rows: u64 = if starts { 22 } else { 20 };
                let expected = Value::object([
                    ("call", number(call)),
                    ("rows", number(rows)),
                    ("payload", payload.clone()),
                ]);
                let returned = Frame::check(body)?.decode();
                ensure!(returned == expected, "call {call} returned another value");
            }
            Reply::Failed { error_type, .. } if raises && error_type == "SoakError" => {
                self.raised += 1;
            }
            reply => bail!("call {call} ended: {reply:?}"),
        }
        self.threads += if starts { 2 } else { 0 };
        Ok(())
    }
}

fn number(count: u64) -> Value {
    i64::try_from(count).expect("nobody counts so far").into()
}

fn resident_kib() -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.context("/proc/self/status tells no VmRSS")
}

fn megabytes(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
