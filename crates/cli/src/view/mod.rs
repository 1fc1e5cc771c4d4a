//! Shows a running execution: a live tree on a terminal, plain lines elsewhere, nothing if wanted.
//!
//! Everything goes to stderr. What functions write passes through here too, so that a line of a log
//! never tears the tree.

mod live;
mod plain;
mod step;
mod tree;

use std::io::IsTerminal;
use std::time::Instant;

use faastlane_engine::MapRunProgress;

pub(crate) use self::plain::duration;
pub(crate) use self::step::Event;

use self::live::Live;
use self::plain::Plain;
use crate::print;

/// How an execution is shown.
pub(crate) enum View {
    /// Not at all; logs are still passed on.
    Quiet,
    /// A line for each state that ends, and now and then how far Map Runs are.
    Plain(Plain),
    /// A tree that is drawn again as things happen.
    Live(Live),
}

impl View {
    /// The view that fits stderr: a tree needs a terminal that can be drawn on.
    pub(crate) fn new(quiet: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        match (quiet, std::io::stderr().is_terminal() && !dumb) {
            (true, _) => Self::Quiet,
            (false, true) => Self::Live(Live::start()),
            (false, false) => Self::Plain(Plain::new()),
        }
    }

    /// Takes in what happened.
    pub(crate) fn recorded(&mut self, event: &Event<'_>, at: Instant) {
        match self {
            Self::Quiet => {}
            Self::Plain(plain) => {
                if let Some(line) = plain.recorded(event, at) {
                    print::note(&line);
                }
            }
            Self::Live(live) => live.recorded(event, at),
        }
    }

    /// Takes in how far a Map Run is.
    pub(crate) fn progressed(&mut self, map_run: &MapRunProgress, at: Instant) {
        match self {
            Self::Quiet => {}
            Self::Plain(plain) => {
                if let Some(line) = plain.progressed(map_run, at) {
                    print::note(&line);
                }
            }
            Self::Live(live) => live.progressed(map_run),
        }
    }

    /// Shows what a function wrote.
    pub(crate) fn wrote(&mut self, function: &str, text: &str) {
        self.above(|| print::log(function, text));
    }

    /// Prints lines where no picture is torn by them.
    pub(crate) fn above(&mut self, print: impl FnOnce()) {
        match self {
            Self::Live(live) => live.above(print),
            Self::Quiet | Self::Plain(_) => print(),
        }
    }

    /// Draws the end and leaves it on the screen.
    pub(crate) fn finish(self) {
        if let Self::Live(live) = self {
            live.finish();
        }
    }
}
