//! Reads the items of distributed Maps and writes their results, as the engine asks for it.
//!
//! On the orchestrator's thread, a chunk at a time, and only when nothing else is to be done: a chunk of a
//! file takes a millisecond or two. A thread that reads ahead was the other way; it would have to be
//! started, woken and stopped, and the functions need the processors more than it does.

use faastlane_asl::{Distributed, Format, Kind, StateMachine};
use faastlane_dataset::{
    Chunk, Destination, Lengths, Location, Reader, ResultFile, Source, Spelling, Store, Writer,
};
use faastlane_engine::{Bookmark, Event, ReadRequest, ResultStatus, WriteRequest};
use faastlane_value::{ArcStr, Value};
use serde::de::DeserializeOwned;

/// What stands for S3, and what of it is open.
#[derive(Debug)]
pub(crate) struct Datasets {
    store: Store,
    /// Readers, the last used one last, with the state that reads and where the next items are.
    open: Vec<((u32, Bookmark), Reader)>,
}

/// More datasets than these are read side by side only by opening them again and again.
const MOST_OPEN: usize = 16;

/// Something that the engine wants of a dataset.
#[derive(Debug)]
pub(crate) enum Wanted {
    Read(ReadRequest),
    Write(WriteRequest),
}

impl Datasets {
    pub(crate) fn new(location: Location) -> Self {
        Self { store: Store::new(location), open: Vec::new() }
    }

    /// Does it, and says what came of it.
    pub(crate) fn answer(&mut self, machine: &StateMachine, wanted: Wanted) -> Event {
        match wanted {
            Wanted::Read(request) => {
                let id = request.id;
                match self.read(machine, request) {
                    Ok((items, next)) => Event::ItemsRead { request: id, items, next },
                    Err(cause) => Event::ItemsNotRead { request: id, cause },
                }
            }
            Wanted::Write(request) => {
                let id = request.id;
                match self.write(machine, request) {
                    Ok(to) => Event::ResultsWritten { request: id, to },
                    Err(cause) => Event::ResultsNotWritten { request: id, cause },
                }
            }
        }
    }

    fn read(
        &mut self,
        machine: &StateMachine,
        request: ReadRequest,
    ) -> Result<(Vec<faastlane_frame::Data>, Option<Bookmark>), ArcStr> {
        let ReadRequest { state, parameters, from, most, .. } = request;
        let known = from.as_ref().and_then(|from| {
            self.open.iter().position(|((whose, at), _)| *whose == state && at == from)
        });
        let mut reader = match known {
            Some(at) => self.open.remove(at).1,
            None => self.reader(machine, state, parameters.value(), from)?,
        };
        let Chunk { items, next } = reader.next(most).map_err(text)?;
        let next = next.as_ref().map(bookmark);
        if let Some(next) = &next {
            if self.open.len() >= MOST_OPEN {
                self.open.remove(0);
            }
            self.open.push(((state, next.clone()), reader));
        }
        Ok((items.into_iter().map(Into::into).collect(), next))
    }

    fn reader(
        &self,
        machine: &StateMachine,
        state: u32,
        parameters: &Value,
        from: Option<Bookmark>,
    ) -> Result<Reader, ArcStr> {
        let member = |name| parameters.get(name).and_then(Value::as_str);
        let required = |name| {
            member(name).ok_or_else(|| -> ArcStr {
                let parameters = parameters.to_json();
                format!("The ItemReader's parameters {parameters} have no {name} that is a string.")
                    .into()
            })
        };
        let bucket = required("Bucket")?;
        let source = match format_of(machine, state) {
            Some(format) => Source::Object { bucket, key: required("Key")?, format },
            None => Source::Listing { bucket, prefix: member("Prefix").unwrap_or_default() },
        };
        let from = from.as_deref().map(read_bookmark).transpose()?;
        Reader::open(&self.store, source, from).map_err(text)
    }

    fn write(&self, machine: &StateMachine, request: WriteRequest) -> Result<Bookmark, ArcStr> {
        let WriteRequest { state, bucket, folder, map_run_arn, from, results, is_last, .. } =
            request;
        let writer =
            distributed(machine, state).and_then(|distributed| distributed.writer.as_ref());
        let spelling = match writer {
            Some(writer) if writer.lines => Spelling::JsonLines,
            _ => Spelling::Json,
        };
        let writer =
            Writer::new(&self.store, Destination { bucket: &bucket, folder: &folder, spelling });
        let mut lengths: Lengths = match from.as_deref() {
            Some(from) => read_bookmark(from)?,
            None => Lengths::default(),
        };
        let files = [
            (ResultStatus::Succeeded, ResultFile::Succeeded),
            (ResultStatus::Failed, ResultFile::Failed),
        ];
        for (status, file) in files {
            let of_status = results.iter().filter(|(own, _)| *own == status);
            let values = of_status.map(|(_, result)| result.value());
            writer.append(&mut lengths, file, values).map_err(text)?;
        }
        if is_last {
            writer.finish(&map_run_arn, lengths).map_err(text)?;
        }
        Ok(bookmark(&lengths))
    }
}

fn distributed(machine: &StateMachine, state: u32) -> Option<&Distributed> {
    match &machine.states.get(state as usize)?.kind {
        Kind::Map(map) => map.distributed.as_deref(),
        _ => None,
    }
}

fn format_of(machine: &StateMachine, state: u32) -> Option<&Format> {
    distributed(machine, state)?.reader.as_ref()?.format.as_ref()
}

fn bookmark<T: serde::Serialize>(place: &T) -> Bookmark {
    postcard::to_allocvec(place).expect("numbers and texts can be written to memory")
}

fn read_bookmark<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ArcStr> {
    postcard::from_bytes(bytes).map_err(|error| text(format!("A bookmark cannot be read: {error}")))
}

fn text(error: impl ToString) -> ArcStr {
    error.to_string().into()
}
