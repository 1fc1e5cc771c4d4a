//! The tree on a terminal, drawn again ten times a second and when something happens.
//!
//! Drawing takes the last picture off the screen line by line and writes the next one in a single
//! write. How many rows the last one covers is computed with the terminal's width of now, so that a
//! window made narrower in between leaves no rests.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use console::{Style, Term, measure_text_width, truncate_str};
use faastlane_engine::MapRunProgress;

use super::plain::{details, duration};
use super::step::Event;
use super::tree::{Node, Tree};

/// Between two pictures, unless something is printed above them.
const INTERVAL: Duration = Duration::from_millis(100);

/// A tree on the screen, and the thread that keeps its clocks going.
pub(crate) struct Live {
    screen: Arc<Mutex<Screen>>,
    /// Dropped to end the thread.
    alive: Sender<()>,
    ticker: JoinHandle<()>,
}

impl Live {
    pub(super) fn start() -> Self {
        let screen = Screen { tree: Tree::new(), term: Term::stderr(), drawn: Vec::new() };
        let screen = Arc::new(Mutex::new(screen));
        let (alive, ended) = channel();
        let shown = Arc::clone(&screen);
        let ticker = thread::spawn(move || {
            while ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                lock(&shown).draw();
            }
        });
        Self { screen, alive, ticker }
    }

    pub(super) fn recorded(&mut self, event: &Event<'_>, at: Instant) {
        lock(&self.screen).tree.record(event, at);
    }

    pub(super) fn progressed(&mut self, map_run: &MapRunProgress) {
        lock(&self.screen).tree.progress(map_run);
    }

    /// Prints something above the tree.
    pub(super) fn above(&mut self, print: impl FnOnce()) {
        let mut screen = lock(&self.screen);
        screen.clear();
        print();
        screen.draw();
    }

    pub(super) fn finish(self) {
        drop(self.alive);
        // The thread only draws; if it panicked there is nothing to save.
        let _ = self.ticker.join();
        lock(&self.screen).draw();
    }
}

/// A picture is never left half drawn, so a panic in between spoils nothing.
fn lock(screen: &Mutex<Screen>) -> MutexGuard<'_, Screen> {
    screen.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

struct Screen {
    tree: Tree,
    term: Term,
    /// Widths of the lines on the screen, in columns.
    drawn: Vec<usize>,
}

impl Screen {
    fn clear(&mut self) {
        let (_, columns) = self.term.size();
        let rows = |width: &usize| width.div_ceil(usize::from(columns).max(1)).max(1);
        let rows = self.drawn.iter().map(rows).sum();
        // Nobody is left to be told when the terminal is gone.
        let _ = self.term.clear_last_lines(rows);
        self.drawn.clear();
    }

    fn draw(&mut self) {
        let (rows, columns) = self.term.size();
        let lines = lines(&self.tree, usize::from(rows), usize::from(columns), Instant::now());
        self.clear();
        self.drawn = lines.iter().map(|line| measure_text_width(line)).collect();
        if !lines.is_empty() {
            let _ = self.term.write_line(&lines.join("\n"));
        }
    }
}

/// The picture: at most `rows` lines of at most `columns` columns, less the ones the cursor needs.
fn lines(tree: &Tree, rows: usize, columns: usize, now: Instant) -> Vec<String> {
    let all = tree.walk();
    let room = rows.saturating_sub(2).max(1);
    let shown = most_wanted(&all, room);
    let mut lines: Vec<String> = shown
        .iter()
        .map(|node| line(tree, node, now))
        .map(|line| truncate_str(&line, columns.saturating_sub(1), "…").into_owned())
        .collect();
    let left_out = all.len() - shown.len();
    if left_out > 0 {
        lines.push(format!("… {left_out} more"));
    }
    lines
}

/// If not all fit: what runs or failed first, and then what ended last.
fn most_wanted<'t>(all: &[&'t Node], room: usize) -> Vec<&'t Node> {
    if all.len() <= room {
        return all.to_vec();
    }
    let room = room - 1;
    let wanted = all.iter().filter(|node| node.is_open()).count();
    let mut others = room.saturating_sub(wanted);
    let mut shown: Vec<_> = all
        .iter()
        .rev()
        .filter(|node| {
            node.is_open() || {
                let fits = others > 0;
                others = others.saturating_sub(1);
                fits
            }
        })
        .copied()
        .collect();
    shown.reverse();
    shown.truncate(room);
    shown
}

fn line(tree: &Tree, node: &Node, now: Instant) -> String {
    let (mark, style) = match node {
        Node { running: 1.., .. } => ("▸", Style::new().cyan()),
        Node { failed: 1.., .. } => ("✗", Style::new().red()),
        _ => ("✓", Style::new().green()),
    };
    let dim = Style::new().dim();
    let visits = node.running + node.succeeded + node.failed;
    let times = if visits > 1 { format!(" ×{visits}") } else { String::new() };
    let folded = tree.folded(node);
    let (done, all) = folded.unwrap_or((node.items_done, node.items));
    let bar = if all > 0 { format!("  {}", bar(done, all)) } else { String::new() };
    let states = folded.map(|(done, all)| format!("  {done}/{all} states")).unwrap_or_default();
    let details = details(node);
    let details = if details.is_empty() { details } else { format!("  {details}") };
    format!(
        "{}{} {}{times}{bar}{states}{}  {}",
        "  ".repeat(node.depth),
        style.for_stderr().apply_to(mark),
        node.name,
        details,
        dim.for_stderr().apply_to(duration(node.elapsed(now))),
    )
}

fn bar(done: usize, all: usize) -> String {
    const WIDTH: usize = 20;
    let full = done * WIDTH / all.max(1);
    format!("{}{}", "█".repeat(full), "░".repeat(WIDTH - full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_fill_up() {
        assert_eq!(bar(0, 50), "░".repeat(20));
        assert_eq!(bar(25, 50), format!("{}{}", "█".repeat(10), "░".repeat(10)));
        assert_eq!(bar(50, 50), "█".repeat(20));
    }
}
