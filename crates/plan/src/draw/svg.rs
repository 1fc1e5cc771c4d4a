//! A plan as a picture: a panel for each process with a chip for each lane, and one for each fan-out
//! with a square for each host.

use std::fmt::Write as _;

use crate::plan::{FanOut, Lane, Plan, ProcessKind, Start};
use crate::show::Alike;

/// Width of the picture, in pixels.
const WIDTH: usize = 880;
const MARGIN: usize = 24;
/// Height of a line of chips.
const LINE: usize = 32;
/// Width of a character, on average, in the font of chips.
const CHARACTER: usize = 7;
/// Squares that are drawn before the rest becomes a number.
const MOST_SQUARES: usize = 24;

const THREAD: &str = "#0b7285";
const FORKED: &str = "#d9480f";
const PORTABLE: &str = "#495057";
const QUIET: &str = "#adb5bd";

impl Plan {
    /// A whole SVG document.
    #[must_use]
    pub fn svg(&self) -> String {
        let mut picture = Picture { body: String::new(), y: MARGIN };
        let Self { vcpus, lanes, isolation, .. } = self;
        let plural = if *vcpus == 1 { "" } else { "s" };
        let title = format!("{vcpus} vCPU{plural} · lanes {lanes} · isolation {isolation}");
        picture.title(&title);
        picture.legend(&[
            ("thread lane", THREAD),
            ("forked host", FORKED),
            ("portable lane", PORTABLE),
        ]);
        for process in &self.alike() {
            picture.process(process);
        }
        for fan in &self.fan_outs {
            picture.fan_out(fan, self.lane_of(fan));
        }
        picture.document()
    }

    fn lane_of(&self, fan: &FanOut) -> Lane {
        let mut functions = self.functions.iter().filter(|one| fan.functions.contains(&one.name));
        let choice = functions.find_map(|one| one.beside.clone().or(one.alone.clone()));
        choice.map_or(Lane::Thread, |choice| choice.lane)
    }
}

struct Picture {
    body: String,
    /// Where the next thing is drawn.
    y: usize,
}

impl Picture {
    fn title(&mut self, text: &str) {
        self.text(
            MARGIN,
            self.y + 12,
            text,
            "font-size=\"17\" font-weight=\"600\" fill=\"#212529\"",
        );
        self.y += LINE;
    }

    fn legend(&mut self, entries: &[(&str, &str)]) {
        let mut x = MARGIN;
        for (name, color) in entries {
            self.rectangle((x, self.y), (12, 12), 3, &format!("fill=\"{color}\""));
            self.text(x + 18, self.y + 11, name, "font-size=\"12\" fill=\"#495057\"");
            x += 18 + (name.len() + 3) * CHARACTER;
        }
        self.y += LINE;
    }

    fn process(&mut self, process: &Alike<'_>) {
        let color = match (process.kind, process.starts) {
            (_, Start::IfLaneIsLost) => QUIET,
            (ProcessKind::Container, _) => THREAD,
            (ProcessKind::Template, _) => FORKED,
            (ProcessKind::Portable, _) => PORTABLE,
        };
        let heading = format!("{} — starts {}", process.what, process.starts);
        self.panel(&heading, |picture| match process.functions.as_slice() {
            [] => picture.note("the orchestrator, and no function"),
            names => picture.chips(names, color),
        });
    }

    fn fan_out(&mut self, fan: &FanOut, lane: Lane) {
        let color = match lane {
            Lane::Thread => THREAD,
            Lane::Forked => FORKED,
            Lane::Portable => PORTABLE,
        };
        let width = fan.width.map_or(String::new(), |width| format!(" of {width}"));
        let heading = format!("{} — {}{width}, {}", fan.state, fan.kind, fan.runs);
        self.panel(&heading, |picture| {
            if let (Some(hosts), Some(most)) = (fan.hosts, fan.hosts_most) {
                picture.squares(hosts, most, color);
            }
            picture.chips(&fan.functions.iter().map(String::as_str).collect::<Vec<_>>(), color);
            if !fan.groups.is_empty() {
                let groups: Vec<String> = fan.groups.iter().map(usize::to_string).collect();
                picture.note(&format!("containers that would hold it: {}", groups.join(" + ")));
            }
        });
    }

    /// A frame with a heading around what `draw` draws.
    fn panel(&mut self, heading: &str, draw: impl FnOnce(&mut Self)) {
        let top = self.y;
        let before = std::mem::take(&mut self.body);
        self.y += 28;
        self.text(
            MARGIN + 14,
            self.y - 6,
            heading,
            "font-size=\"13\" font-weight=\"600\" fill=\"#343a40\"",
        );
        self.y += 4;
        draw(self);
        let inside = std::mem::replace(&mut self.body, before);
        let size = (WIDTH - 2 * MARGIN, self.y - top + 6);
        self.rectangle((MARGIN, top), size, 8, "fill=\"#f8f9fa\" stroke=\"#dee2e6\"");
        self.body += &inside;
        self.y += 18;
    }

    /// Names in rounded boxes, in as many lines as it takes.
    fn chips(&mut self, names: &[&str], color: &str) {
        let left = MARGIN + 14;
        let mut x = left;
        for name in names {
            let width = name.chars().count() * CHARACTER + 20;
            if x > left && x + width > WIDTH - MARGIN {
                x = left;
                self.y += LINE;
            }
            self.rectangle((x, self.y), (width, 24), 12, &format!("fill=\"{color}\""));
            self.text(x + 10, self.y + 16, name, "font-size=\"12\" fill=\"#ffffff\"");
            x += width + 8;
        }
        self.y += if names.is_empty() { 0 } else { LINE };
    }

    /// A square for each host; those that come later are pale.
    fn squares(&mut self, hosts: usize, most: usize, color: &str) {
        let left = MARGIN + 14;
        for at in 0..most.min(MOST_SQUARES) {
            let style = match at < hosts {
                true => format!("fill=\"{color}\""),
                false => format!("fill=\"{color}\" fill-opacity=\"0.15\" stroke=\"{color}\""),
            };
            self.rectangle((left + at * 20, self.y), (14, 14), 3, &style);
        }
        let text = match most > hosts {
            true => format!("{hosts} workers at first, up to {most}"),
            false if hosts == 1 => "1 worker".to_owned(),
            false => format!("{hosts} workers"),
        };
        let x = left + most.min(MOST_SQUARES) * 20 + 6;
        self.text(x, self.y + 12, &text, "font-size=\"12\" fill=\"#495057\"");
        self.y += 26;
    }

    fn note(&mut self, text: &str) {
        self.text(MARGIN + 14, self.y + 14, text, "font-size=\"12\" fill=\"#868e96\"");
        self.y += 26;
    }

    fn rectangle(&mut self, at: (usize, usize), size: (usize, usize), radius: usize, style: &str) {
        let ((x, y), (width, height)) = (at, size);
        // Writing to a String does not fail.
        let _ = writeln!(
            self.body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\" {style}/>"
        );
    }

    fn text(&mut self, x: usize, y: usize, text: &str, style: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = writeln!(self.body, "<text x=\"{x}\" y=\"{y}\" {style}>{text}</text>");
    }

    fn document(self) -> String {
        let height = self.y + MARGIN / 2;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
             viewBox=\"0 0 {WIDTH} {height}\" font-family=\"system-ui, sans-serif\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>",
            self.body
        )
    }
}
