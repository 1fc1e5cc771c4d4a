//! The project of the campaign: a machine with all that a crash can meet (calls, waits, branches,
//! iterations, a callback, a loop), and functions that write down each of their calls.

use std::fs::{self, File, Permissions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};

const TEMPLATE: &str = include_str!("template.yaml");
const MACHINE: &str = include_str!("machine.json");
const WORK: &str = include_str!("work.py");

/// What the campaign answers to a question.
pub(super) const ANSWER: u64 = 10;
/// Items of its Map.
pub(super) const ITEMS: u64 = 3;

/// The project in a folder.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) folder: PathBuf,
    calls: PathBuf,
    tokens: PathBuf,
}

/// A line that a call of a function has written.
#[derive(Debug, Deserialize)]
pub(super) struct Call {
    pub(super) execution: String,
    pub(super) step: String,
    /// The rounds that were left, as its input said.
    pub(super) round: u64,
    /// In milliseconds since 1970.
    pub(super) at: i64,
}

/// A question that waits for its answer.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    pub(super) execution: String,
    pub(super) round: u64,
    pub(super) token: String,
}

impl Project {
    /// Writes it below `parent`.
    pub(super) fn write(parent: &Path) -> Result<Self> {
        let folder = parent.join("project");
        let (calls, tokens) = (parent.join("calls"), parent.join("tokens"));
        let text = |path: &Path| path.display().to_string();
        let template =
            TEMPLATE.replace("@CALLS@", &text(&calls)).replace("@TOKENS@", &text(&tokens));
        fs::create_dir_all(folder.join("functions"))?;
        fs::write(folder.join("template.yaml"), template)?;
        fs::write(folder.join("machine.json"), MACHINE)?;
        fs::write(folder.join("functions/work.py"), WORK)?;
        for file in [&calls, &tokens] {
            fs::write(file, "")?;
            // Functions that are locked down are another user.
            fs::set_permissions(file, Permissions::from_mode(0o666))?;
        }
        fs::set_permissions(parent, Permissions::from_mode(0o755))?;
        Ok(Self { folder, calls, tokens })
    }

    /// All calls that began.
    pub(super) fn calls(&self) -> Result<Vec<Call>> {
        let text = fs::read_to_string(&self.calls)?;
        text.lines().map(|line| serde_json::from_str(line).context("a line of a call")).collect()
    }

    /// The questions behind `place`, which is then behind them.
    pub(super) fn questions(&self, place: &mut u64) -> Result<Vec<Question>> {
        let mut file = File::open(&self.tokens)?;
        file.seek(SeekFrom::Start(*place))?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        // What follows the last end of a line is being written.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        *place += whole as u64;
        let lines = text[..whole].lines();
        lines.map(|line| serde_json::from_str(line).context("a line of a token")).collect()
    }
}

/// An execution of the campaign.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub(super) name: String,
    number: u64,
    wait: u64,
    pub(super) rounds: u64,
}

impl Planned {
    pub(super) fn new(number: u64, rounds: u64) -> Self {
        Self { name: format!("execution-{number}"), number, wait: number % 3, rounds }
    }

    pub(super) fn input(&self) -> Value {
        let items: Vec<u64> = (0..ITEMS).map(|item| self.number + item).collect();
        json!({"n": self.number, "wait": self.wait, "items": items, "rounds": self.rounds})
    }

    /// What must come out, however often a server died.
    pub(super) fn output(&self) -> Value {
        let Self { number, wait, rounds, .. } = self;
        let items: Vec<u64> = (0..ITEMS).map(|item| number + item + rounds).collect();
        // In its last round, after its first step.
        let n = number + (rounds - 1) * (1 + ANSWER) + 1;
        json!({"n": n + ANSWER + 1, "wait": wait, "items": items, "both": [n + 1, n + 1],
            "rounds": 0})
    }

    /// How often each state is entered.
    pub(super) fn entered(&self) -> Vec<(&'static str, u64)> {
        let each =
            ["First", "Pause", "Both", "Left", "Short", "Right", "Each", "Ask", "Count", "More"];
        let mut entered: Vec<_> = each.into_iter().map(|state| (state, self.rounds)).collect();
        entered.extend([("Item", self.rounds * ITEMS), ("Last", 1)]);
        entered
    }

    /// How many tasks it has, and how many of them wait for a callback.
    pub(super) fn tasks(&self) -> u64 {
        // First, left, right, ask and the items; and the last one.
        self.rounds * (4 + ITEMS) + 1
    }

    /// How long the waits of a name last, in milliseconds.
    pub(super) fn wait_ms(&self, state: &str) -> i64 {
        let seconds = if state == "Pause" { self.wait } else { 1 };
        i64::try_from(seconds * 1_000).unwrap_or(i64::MAX)
    }
}
