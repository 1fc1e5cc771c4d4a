//! The file that `--history` names.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use faastlane_engine::HistoryEvent;
use faastlane_value::json;

use crate::Error;

/// A history on its way to a file. The file is opened first, so that one that cannot be written is
/// told before anything runs.
pub(crate) struct History<'a> {
    path: &'a Path,
    file: File,
    /// What has happened so far.
    pub(crate) events: Vec<HistoryEvent>,
}

impl<'a> History<'a> {
    pub(crate) fn create(path: &'a Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(|error| {
            let path = path.display();
            Error::Invalid(format!("cannot write the history to {path}: {error}"))
        })?;
        Ok(Self { path, file, events: Vec::new() })
    }

    /// Writes `{"events":[…]}`, an event a line.
    pub(crate) fn write(self) -> Result<(), Error> {
        let Self { path, file, events } = self;
        write(&events, BufWriter::new(file)).map_err(|error| {
            let path = path.display();
            Error::Internal(format!("cannot write the history to {path}: {error}"))
        })
    }
}

fn write(events: &[HistoryEvent], mut out: impl Write) -> io::Result<()> {
    out.write_all(b"{\"events\":[")?;
    for (at, event) in events.iter().enumerate() {
        out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
        json::write(&event.to_value(), &mut out)?;
    }
    out.write_all(b"\n]}\n")?;
    out.flush()
}
