//! Tables and times for people.

use std::time::Duration;

use console::measure_text_width;
use jiff::Timestamp;

use crate::view::duration;

/// Rows under a heading, each column as wide as its widest cell.
pub(crate) struct Table(Vec<Vec<String>>);

impl Table {
    /// A table with this heading.
    pub(crate) fn new(heading: &[&str]) -> Self {
        Self(vec![heading.iter().map(|&cell| cell.to_owned()).collect()])
    }

    /// Adds a row, which has a cell for each column.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.0.push(cells.map(|cell| shown(&cell)).into());
    }

    /// The table as text, without a line break at its end.
    pub(crate) fn text(&self) -> String {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.0.iter().filter_map(|row| row.get(column));
            cells.map(|cell| measure_text_width(cell)).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let padded = |(cell, width): (&String, &usize)| {
            format!("{cell}{}", " ".repeat(width - measure_text_width(cell)))
        };
        let line = |row: &Vec<String>| {
            let cells: Vec<String> = row.iter().zip(&widths).map(padded).collect();
            cells.join("  ").trim_end().to_owned()
        };
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Text that comes from elsewhere, without what a terminal would obey.
pub(crate) fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// `2026-01-01 12:30:00`, in UTC, as logs and AWS's console have it.
pub(crate) fn time(milliseconds: i64) -> String {
    let time = Timestamp::from_millisecond(milliseconds);
    time.map_or_else(|_| "?".to_owned(), |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// How long something took that began and ended at these milliseconds.
pub(crate) fn took(from: i64, to: i64) -> String {
    duration(Duration::from_millis(u64::try_from(to.saturating_sub(from)).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["STATUS", "NAME", "TOOK"]);
        table.row(["FAILED".to_owned(), "größer".to_owned(), "3 ms".to_owned()]);
        table.row(["RUNNING".to_owned(), "x\u{1b}[2J".to_owned(), String::new()]);
        let expected = "STATUS   NAME    TOOK\nFAILED   größer  3 ms\nRUNNING  x\u{fffd}[2J";
        assert_eq!(table.text(), expected);
    }

    #[test]
    fn times_are_for_people() {
        assert_eq!(time(1_700_000_000_123), "2023-11-14 22:13:20");
        assert_eq!(took(1000, 2240), "1.24 s");
        assert_eq!(took(2000, 1000), "0 µs");
    }
}
