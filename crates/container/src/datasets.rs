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
use faastlane_frame::Data;
use faastlane_value::{ArcStr, Value};
use serde::de::DeserializeOwned;

/// What stands for S3, and what of it is open.
#[derive(Debug)]
pub struct Datasets {
    store: Store,
    /// Readers, the last used one last.
    open: Vec<Open>,
    /// Buckets and folders of results that are not complete.
    written: Vec<(ArcStr, ArcStr)>,
}

/// A reader that goes on where it is.
#[derive(Debug)]
struct Open {
    /// The Map state that reads, and what it reads.
    state: u32,
    parameters: Data,
    /// Where the next items are.
    at: Bookmark,
    reader: Reader,
}

/// More datasets than these are read side by side only by opening them again and again.
const MOST_OPEN: usize = 16;

/// Something that the engine wants of a dataset.
#[derive(Debug)]
pub enum Wanted {
    /// Items to be read.
    Read(ReadRequest),
    /// Results to be written.
    Write(WriteRequest),
}

impl Datasets {
    /// With what stands for S3.
    #[must_use]
    pub fn new(location: Location) -> Self {
        Self { store: Store::new(location), open: Vec::new(), written: Vec::new() }
    }

    /// Closes what an execution has left open, and removes what it has not sent: it is over.
    pub fn let_go(&mut self) {
        self.open.clear();
        for (bucket, folder) in self.written.drain(..) {
            let (bucket, folder) = (bucket.as_str(), folder.as_str());
            Writer::new(&self.store, Destination { bucket, folder, spelling: Spelling::Json })
                .clear();
        }
    }

    /// Does it, and says what came of it.
    pub fn answer(&mut self, machine: &StateMachine, wanted: Wanted) -> Event {
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
    ) -> Result<(Vec<Data>, Option<Bookmark>), ArcStr> {
        let ReadRequest { state, parameters, from, most, .. } = request;
        let known = from.as_ref().and_then(|from| {
            self.open.iter().position(|open| {
                open.state == state && open.at == *from && open.parameters == parameters
            })
        });
        let kept = known.map(|at| self.open.remove(at).reader);
        let kept = kept.and_then(|mut reader| Some((reader.next(most).ok()?, reader)));
        let (Chunk { items, next }, reader) = match kept {
            Some(read) => read,
            // A service may have closed a connection on which nothing was read for long.
            None => {
                let mut reader = self.reader(machine, state, parameters.value(), from)?;
                (reader.next(most).map_err(text)?, reader)
            }
        };
        let next = next.as_ref().map(bookmark);
        if let Some(next) = &next {
            if self.open.len() >= MOST_OPEN {
                self.open.remove(0);
            }
            self.open.push(Open { state, parameters, at: next.clone(), reader });
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

    fn write(&mut self, machine: &StateMachine, request: WriteRequest) -> Result<Bookmark, ArcStr> {
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
        let place = (bucket.clone(), folder.clone());
        if !self.written.contains(&place) {
            self.written.push(place.clone());
        }
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
            self.written.retain(|other| *other != place);
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

#[cfg(test)]
mod tests {
    use faastlane_engine::{Action, Execution, Limits, Outcome, Start, Time};
    use faastlane_value::located;

    use super::*;

    /// Map Runs of one state read side by side from files of the same shape, each its own.
    #[test]
    fn runs_of_one_state_do_not_read_from_each_other() {
        const MACHINE: &str = r#"{"StartAt": "P", "States": {"P": {"Type": "Map", "End": true,
            "ItemProcessor": {"StartAt": "M", "States": {"M": {"Type": "Map", "End": true,
                "ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": {"InputType": "JSONL"}, "Parameters": {"Bucket": "b", "Key.$": "$"}},
                "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "I", "States": {"I": {"Type": "Succeed"}}}}}}}}}"#;
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("b")).unwrap();
        for name in ["a", "b", "c"] {
            std::fs::write(root.path().join("b").join(name), format!("\"{name}\"\n").repeat(2_500))
                .unwrap();
        }
        let node = located::parse(MACHINE).unwrap();
        let machine = faastlane_asl::read(&node, faastlane_asl::MachineType::Standard).0.unwrap();
        let start = Start {
            execution_arn: "e".into(),
            execution_name: "e".into(),
            machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:m".into(),
            machine_name: "m".into(),
            role_arn: "r".into(),
            input: faastlane_value::json::parse(br#"["a", "b", "c"]"#).unwrap(),
            seed: 1,
            limits: Limits::NONE,
        };
        let mut datasets = Datasets::new(Location::Folder(root.path().to_owned()));
        let mut actions = Vec::new();
        let mut execution = Execution::start(machine.into(), start, Time(0), &mut actions);
        let mut answers = std::collections::VecDeque::new();
        let outcome = loop {
            let mut outcome = None;
            for action in actions.drain(..) {
                match action {
                    Action::ReadItems(request) => {
                        answers
                            .push_back(datasets.answer(execution.machine(), Wanted::Read(request)));
                    }
                    Action::Yield => answers.push_back(Event::Continue),
                    Action::Finish(end) => outcome = Some(end),
                    _ => {}
                }
            }
            if let Some(outcome) = outcome {
                break outcome;
            }
            execution.handle(answers.pop_front().unwrap(), Time(0), &mut actions);
        };
        let texts = ["a", "b", "c"].map(|name| vec![format!("\"{name}\""); 2_500].join(","));
        let expected = format!("[[{}]]", texts.join("],["));
        assert!(matches!(outcome, Outcome::Succeeded(output) if output.to_json() == expected));
    }
}
