//! Executions of a server that is killed again and again, and started again on what it has written down.
//!
//! Each execution succeeds exactly once, with the right output and a whole history; no task that has a
//! result is done again. What a call was doing when the server died is done once more: that is counted.
//!
//! When the server dies follows from the seed. Questions of the executions (tasks that wait for a token)
//! are answered as the kills go on, so that most executions are there until the last one.

mod client;
mod judge;
mod project;
mod server;

use std::io::Write;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use serde::Serialize;

use crate::args::Crash;
use crate::host::{Host, Processors};
use crate::{code, report, say};
use client::Client;
use judge::{Calls, Judged};
use project::{Planned, Project};
use server::{Recipe, Server};

/// Between two looks at what goes on.
const LOOK: Duration = Duration::from_millis(20);
/// How many tell the server about new executions, and answers, at the same time.
const STARTERS: u64 = 4;

/// What happened around the end of a server.
#[derive(Debug, Serialize)]
struct Kill {
    /// How long it had run.
    after_ms: u128,
    /// How long it took until it answered; none if it was killed before.
    answered_ms: Option<u128>,
    /// Processes that it has left.
    left: Vec<String>,
}

/// The raw results.
#[derive(Debug, Serialize)]
struct Results<'a> {
    host: &'a Host,
    seed: u64,
    rounds: u64,
    took_ms: u128,
    requests_again: u64,
    kills: &'a [Kill],
    executions: &'a [Judged],
}

/// What the threads of a campaign share.
struct Campaign<'a> {
    options: &'a Crash,
    recipe: &'a Recipe,
    project: &'a Project,
    client: Client,
    /// Servers that have been killed.
    killed: AtomicU64,
    /// Nobody needs to go on.
    is_over: AtomicBool,
}

/// Runs a campaign; a failure is anything that must not be.
pub(crate) fn run(options: &Crash) -> Result<ExitCode> {
    ensure!(options.rounds > 0 && options.executions > 0, "there is nothing to do");
    let processors = Processors::look(false)?;
    let host = Host::look(&options.programs.python, &processors)?;
    let folder = tempfile::tempdir().context("no folder for temporary files")?;
    let project = Project::write(folder.path())?;
    let recipe = Recipe {
        program: code::faastlane(options.programs.faastlane.as_deref())?,
        project: project.folder.clone(),
        python: host.python.clone(),
        store: folder.path().join("store.db"),
        log: folder.path().join("log"),
        port: server::free_port()?,
        more: options.arguments.clone(),
    };
    let campaign = Campaign {
        options,
        recipe: &recipe,
        project: &project,
        client: Client::new(recipe.url()),
        killed: AtomicU64::new(0),
        is_over: AtomicBool::new(false),
    };
    let began = Instant::now();
    let ended = campaign.run_all();
    if ended.is_err() {
        say(&format!("the last that servers have said:\n{}", recipe.said()));
    }
    let (kills, executions) = ended?;
    let results = Results {
        host: &host,
        seed: options.seed,
        rounds: options.rounds,
        took_ms: began.elapsed().as_millis(),
        requests_again: campaign.client.again.load(Ordering::Relaxed),
        kills: &kills,
        executions: &executions,
    };
    let is_good = print(&results)?;
    let file = report::save(&options.out, "crash-", &host.commit, &results)?;
    say(&format!("raw results: {}", file.display()));
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Campaign<'_> {
    fn run_all(&self) -> Result<(Vec<Kill>, Vec<Judged>)> {
        let planned: Vec<Planned> = (0..self.options.executions)
            .map(|number| Planned::new(number, self.options.rounds))
            .collect();
        let first = self.recipe.start()?;
        let machine = self.client.machine()?;
        let (kills, last, arns) = std::thread::scope(|scope| {
            let work = || {
                let (machine, planned) = (&machine, &planned);
                let start = |at| scope.spawn(move || self.start(machine, planned, at));
                let starters: Vec<_> = (0..STARTERS).map(start).collect();
                let answers = scope.spawn(|| self.answer());
                let (kills, last) = self.kill(first)?;
                let mut arns = Vec::new();
                for starter in starters {
                    arns.extend(starter.join().expect("no starter panics")?);
                }
                self.wait(machine, &answers)?;
                self.is_over.store(true, Ordering::Relaxed);
                answers.join().expect("it does not panic")?;
                Ok::<_, anyhow::Error>((kills, last, arns))
            };
            let ended = work();
            self.is_over.store(true, Ordering::Relaxed);
            ended
        })?;
        let judged = self.judge(&planned, &arns)?;
        drop(last);
        Ok((kills, judged))
    }

    /// Starts every so manieth execution, the first one `at`; their numbers and ARNs.
    fn start(&self, machine: &str, planned: &[Planned], at: u64) -> Result<Vec<(usize, String)>> {
        let mut arns = Vec::new();
        for (number, planned) in planned.iter().enumerate() {
            if number as u64 % STARTERS == at && !self.is_over.load(Ordering::Relaxed) {
                arns.push((number, self.client.start(machine, planned)?));
            }
        }
        Ok(arns)
    }

    /// Answers questions, as many as the kills allow.
    fn answer(&self) -> Result<()> {
        let (mut place, mut answered) = (0, 0);
        let mut waiting = std::collections::VecDeque::new();
        let mut asked = std::collections::HashSet::new();
        let all = self.options.executions * self.options.rounds;
        while !self.is_over.load(Ordering::Relaxed) {
            for question in self.project.questions(&mut place)? {
                // A call that was made again asks the same.
                if asked.insert((question.execution, question.round)) {
                    waiting.push_back(question.token);
                }
            }
            let killed = self.killed.load(Ordering::Relaxed);
            let allowed = all * (killed + 1) / (self.options.kills + 1);
            while answered < allowed
                && let Some(token) = waiting.pop_front()
            {
                self.client.answer(&token)?;
                answered += 1;
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Kills servers; the last one stays.
    fn kill(&self, first: Server) -> Result<(Vec<Kill>, Server)> {
        let mut random = Rng::with_seed(self.options.seed);
        let (mut server, mut kills) = (first, Vec::new());
        for _ in 0..self.options.kills {
            let at = Duration::from_millis(random.u64(..self.options.within.max(1)));
            let mut answered = None;
            while server.since.elapsed() < at {
                if answered.is_none() && self.client.is_answered() {
                    answered = Some(server.since.elapsed().as_millis());
                }
                let left = at.saturating_sub(server.since.elapsed());
                std::thread::sleep(if answered.is_none() { left.min(LOOK) } else { left });
            }
            let after_ms = server.since.elapsed().as_millis();
            kills.push(Kill { after_ms, answered_ms: answered, left: server.kill()? });
            self.killed.fetch_add(1, Ordering::Relaxed);
            server = self.recipe.start()?;
        }
        Ok((kills, server))
    }

    /// Waits until all executions have ended.
    fn wait(
        &self,
        machine: &str,
        answers: &std::thread::ScopedJoinHandle<'_, Result<()>>,
    ) -> Result<()> {
        let since = Instant::now();
        loop {
            let running = self.client.running(machine)?;
            if running == 0 || answers.is_finished() {
                return Ok(());
            }
            ensure!(
                since.elapsed() < Duration::from_secs(self.options.patience),
                "{running} executions do not end"
            );
            std::thread::sleep(LOOK * 10);
        }
    }

    fn judge(&self, planned: &[Planned], arns: &[(usize, String)]) -> Result<Vec<Judged>> {
        let mut calls = Calls::new();
        for call in self.project.calls()? {
            calls.entry(call.execution.clone()).or_default().push(call);
        }
        let mut judged = Vec::new();
        for (number, arn) in arns {
            let planned = &planned[*number];
            let (said, events) = (self.client.describe(arn)?, self.client.history(arn)?);
            let calls = calls.get(&planned.name).map(Vec::as_slice).unwrap_or_default();
            judged.push(judge::judge(planned, &said, &events, calls));
        }
        Ok(judged)
    }
}

/// A table of Markdown with one line, and all problems; whether there are none.
fn print(results: &Results<'_>) -> Result<bool> {
    let Results { kills, executions, .. } = results;
    let mut wrong = 0;
    for execution in *executions {
        wrong += u64::from(!execution.problems.is_empty());
        if !execution.problems.is_empty() {
            say(&serde_json::to_string(execution)?);
        }
    }
    let left: Vec<&String> = kills.iter().flat_map(|kill| &kill.left).collect();
    for process in &left {
        say(&format!("left by a server that was killed: {process}"));
    }
    let mut starts: Vec<u128> = kills.iter().filter_map(|kill| kill.answered_ms).collect();
    starts.sort_unstable();
    let of_starts = |share: usize| {
        starts
            .get(starts.len().saturating_sub(1) * share / 100)
            .map_or("–".to_owned(), u128::to_string)
    };
    let calls: u64 = executions.iter().map(Judged::calls).sum();
    let repeats: u64 = executions.iter().map(|execution| execution.repeats).sum();
    let latest = executions.iter().map(|execution| execution.latest_wait_ms).max().unwrap_or(0);
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "| executions | kills | wrong | calls | calls again | requests again | latest wait, ms late | \
         ms to the first answer, median | longest | processes left | s |\n\
         | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n\
         | {} | {} | {wrong} | {calls} | {repeats} | {} | {latest} | {} | {} | {} | {} |",
        executions.len(),
        kills.len(),
        results.requests_again,
        of_starts(50),
        of_starts(100),
        left.len(),
        results.took_ms / 1_000,
    )?;
    Ok(wrong == 0 && left.is_empty())
}
