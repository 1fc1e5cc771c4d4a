//! A workload as a picture: where the time of an execution went, what the interaction costs, how many
//! executions there are in a second.
//!
//! Interaction and throughput differ by powers of ten from one way to the next, so their bars have a
//! logarithmic scale, and every bar has its number. Bars are drawn as plain shapes: charts of the
//! plotting crate have no rows with names.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{BLACK, Color, IntoFont, RGBColor, WHITE};

use crate::{Contender, Metric, Workload};

/// A picture cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[error("cannot draw the picture of {workload}: {reason}")]
pub struct Error {
    workload: String,
    reason: String,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

const WIDTH: i32 = 1260;
const ROW: i32 = 26;
/// Room for the title, and for the heads of the panels.
const TOP: i32 = 74;
const BOTTOM: i32 = 16;
/// Room for names, to the left of all panels.
const NAMES: i32 = 250;
const PANEL: i32 = 330;
/// Room for a bar's number.
const NUMBER: i32 = 84;

const FUNCTIONS: RGBColor = RGBColor(86, 140, 190);
const WAITING: RGBColor = RGBColor(200, 200, 200);
const INTERACTION: RGBColor = RGBColor(222, 120, 60);
const THROUGHPUT: RGBColor = RGBColor(96, 160, 100);

/// One column of bars.
struct Panel {
    title: &'static str,
    /// The parts of a bar, from left to right, and their colours.
    parts: &'static [(Metric, RGBColor)],
    /// What the number beside it says.
    number: Metric,
    is_logarithmic: bool,
}

const PANELS: [Panel; 3] = [
    Panel {
        title: "end to end: functions (blue), waiting (grey), rest",
        parts: &[
            (Metric::Functions, FUNCTIONS),
            (Metric::Waiting, WAITING),
            (Metric::Interaction, INTERACTION),
        ],
        number: Metric::EndToEnd,
        is_logarithmic: false,
    },
    Panel {
        title: "interaction (logarithmic)",
        parts: &[(Metric::Interaction, INTERACTION)],
        number: Metric::Interaction,
        is_logarithmic: true,
    },
    Panel {
        title: "throughput (logarithmic)",
        parts: &[(Metric::Throughput, THROUGHPUT)],
        number: Metric::Throughput,
        is_logarithmic: true,
    },
];

/// The workload as an SVG.
///
/// # Errors
/// The plotting crate refuses.
pub fn svg(workload: &Workload) -> Result<String, Error> {
    let rows = i32::try_from(workload.contenders.len()).unwrap_or(i32::MAX / ROW / 2);
    let height = TOP + ROW * rows + BOTTOM;
    let mut picture = String::new();
    let size = (WIDTH.unsigned_abs(), height.unsigned_abs());
    let area = SVGBackend::with_string(&mut picture, size).into_drawing_area();
    draw(&area, workload)
        .map_err(|error| Error { workload: workload.name.clone(), reason: error.to_string() })?;
    drop(area);
    Ok(picture)
}

fn draw(area: &Area<'_>, workload: &Workload) -> Drawn {
    area.fill(&WHITE)?;
    write(area, &workload.name, (16, 24), 20, HPos::Left)?;
    for (contender, y) in rows(workload) {
        write(area, &contender.name, (NAMES - 10, y + ROW / 2), 14, HPos::Right)?;
    }
    for (panel, left) in PANELS.iter().zip((NAMES..).step_by(PANEL.unsigned_abs() as usize)) {
        write(area, panel.title, (left, TOP - 18), 14, HPos::Left)?;
        bars(area, workload, panel, left)?;
    }
    area.present()
}

fn rows(workload: &Workload) -> impl Iterator<Item = (&Contender, i32)> {
    workload.contenders.iter().zip((TOP..).step_by(ROW.unsigned_abs() as usize))
}

fn bars(area: &Area<'_>, workload: &Workload, panel: &Panel, left: i32) -> Drawn {
    let total = |contender: &Contender| {
        panel.parts.iter().filter_map(|(metric, _)| contender.value(*metric)).sum::<f64>()
    };
    let totals: Vec<f64> = workload.contenders.iter().map(total).filter(|t| *t > 0.0).collect();
    let most = totals.iter().copied().fold(0.0, f64::max);
    let least = totals.iter().copied().fold(most, f64::min);
    // Half a power of ten below the shortest bar, so that it can be seen.
    let scale = Scale { least: least / 3.0, most, is_logarithmic: panel.is_logarithmic };
    for (contender, y) in rows(workload) {
        let (mut sum, mut from) = (0.0, left);
        for (metric, colour) in panel.parts {
            sum += contender.value(*metric).unwrap_or(0.0);
            let to = left + scale.length(sum);
            let corners = [(from, y + 4), (to, y + ROW - 4)];
            area.draw(&Rectangle::new(corners, colour.filled()))?;
            from = to;
        }
        let number = contender
            .value(panel.number)
            .map_or_else(|| "–".to_owned(), |value| panel.number.shown(value));
        write(area, &number, (from + 5, y + ROW / 2), 13, HPos::Left)?;
    }
    Ok(())
}

/// From a value to the length of a bar.
struct Scale {
    least: f64,
    most: f64,
    is_logarithmic: bool,
}

impl Scale {
    #[expect(clippy::cast_possible_truncation, reason = "a share of the panel's width")]
    fn length(&self, value: f64) -> i32 {
        let share = if value <= 0.0 || self.most <= 0.0 {
            0.0
        } else if self.is_logarithmic {
            (value / self.least).ln() / (self.most / self.least).ln()
        } else {
            value / self.most
        };
        (share.clamp(0.0, 1.0) * f64::from(PANEL - NUMBER)).round() as i32
    }
}

/// Text whose middle is at the height of `at`.
fn write(area: &Area<'_>, text: &str, at: (i32, i32), size: i32, side: HPos) -> Drawn {
    let style = ("sans-serif", size).into_font().color(&BLACK).pos(Pos::new(side, VPos::Center));
    area.draw(&Text::new(text.to_owned(), at, style))
}
