//! An execution that is told its events again is as it was.

use std::sync::Arc;

use faastlane_asl::StateMachine;
use faastlane_engine::pending::Pending;
use faastlane_engine::replay::{Entry, Picture, Replay, Replayed, Told};
use faastlane_engine::{Action, Event, Limits, Outcome, Pattern, Start, TaskResult, Time};

use crate::driver::{machine, value};

const MACHINE: &str = r#"{"StartAt": "M", "States": {
    "M": {"Type": "Map", "ItemsPath": "$", "MaxConcurrency": 2, "Next": "W", "Iterator": {
        "StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "f", "Next": "Q",
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}]},
            "Q": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": {"MessageBody.$": "$$.Task.Token"}, "ResultPath": null, "End": true,
                "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}]}}}},
    "W": {"Type": "Wait", "Seconds": 5, "Next": "D"},
    "D": {"Type": "Map", "ResultPath": null, "ToleratedFailureCount": 9, "End": true,
        "ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}},
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}},
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "U", "States": {"U": {"Type": "Task", "Resource": "f", "End": true}}}}}}"#;

fn replay(machine: &Arc<StateMachine>, seen: u64) -> Replay {
    let start = Start {
        execution_arn: "e".into(),
        execution_name: "e".into(),
        machine_arn: "m".into(),
        machine_name: "m".into(),
        role_arn: "r".into(),
        input: value("[1, 2, 3]"),
        seed: 7,
        limits: Limits::NONE,
    };
    Replay::new(Arc::clone(machine), start, seen)
}

/// A journal: entries as bytes.
#[derive(Default)]
struct Journal(Vec<Vec<u8>>);

impl Journal {
    fn append(&mut self, entry: &Entry<&Told>) {
        self.0.push(postcard::to_stdvec(entry).unwrap());
    }

    fn read(&self, mut replay: Replay) -> Replayed {
        for entry in &self.0 {
            replay.take(postcard::from_bytes(entry).unwrap());
        }
        replay.finish().unwrap()
    }
}

/// The next thing that the engine is told: of every fourth task that it has failed.
fn next(pending: &Pending, turn: u64) -> Option<Event> {
    if pending.continues > 0 {
        return Some(Event::Continue);
    }
    // A dataset of two chunks.
    if let Some(read) = pending.reads.first() {
        let items = vec![4.into(), 5.into(), 6.into()];
        let next = read.from.is_none().then(|| vec![1]);
        return Some(Event::ItemsRead { request: read.id, items, next });
    }
    if let Some(write) = pending.writes.first() {
        return Some(Event::ResultsWritten { request: write.id, to: vec![2] });
    }
    if let Some(pending) = pending.tasks().next() {
        let (request, task) = (&pending.request, pending.request.task);
        let result = TaskResult::of_answer(request.input.clone(), None);
        let is_asked = pending.stage == faastlane_engine::pending::TaskStage::Asked;
        return Some(match turn % 4 {
            0 => Event::TaskFailed { task, error: "E".into(), cause: None },
            _ if is_asked && request.pattern == Pattern::WaitForToken => {
                Event::TaskSubmitted(task, result)
            }
            _ => Event::TaskSucceeded(task, result),
        });
    }
    pending.timers.keys().next().map(|timer| Event::TimerFired(*timer))
}

fn text(replayed: &Replayed) -> String {
    let Replayed { outcome, pending, execution, .. } = replayed;
    let Pending { reads, writes, timers, .. } = pending;
    let tasks: Vec<_> = pending.tasks().collect();
    let mut timers: Vec<_> = timers.iter().map(|timer| format!("{timer:?}")).collect();
    timers.sort_unstable();
    format!("{:?} {tasks:?} {timers:?} {reads:?} {writes:?} {outcome:?}", execution.snapshot())
}

/// After each event the journal holds the execution as it is, with or without a snapshot on the way.
#[test]
fn it_is_as_it_was() {
    let machine = machine(MACHINE);
    for snapshot_at in [None, Some(3), Some(6), Some(8), Some(10), Some(16)] {
        let mut journal = Journal::default();
        journal.append(&Entry::Started { at: Time(2) });
        let mut live = journal.read(replay(&machine, 0));
        let mut recorded = live.recorded.len() as u64;
        for turn in 1.. {
            let Some(event) = next(&live.pending, turn) else { break };
            let told = Told { event, at: Time(2 + i64::try_from(turn).unwrap()) };
            journal.append(&Entry::Told(&told));
            live.pending.answered(&told.event);
            let mut actions = Vec::new();
            live.execution.handle(told.event, told.at, &mut actions);
            live.recorded.clear();
            for action in actions {
                live.pending.asked(&action);
                match action {
                    Action::Emit(event) => live.recorded.push(event),
                    Action::Finish(outcome) => live.outcome = Some(outcome),
                    _ => {}
                }
            }
            if snapshot_at == Some(turn) {
                let (snapshot, pending) = (live.execution.snapshot(), live.pending.clone());
                journal.0.clear();
                journal.append(&Entry::Snapshot(Box::new(Picture { snapshot, pending })));
            }
            let again = journal.read(replay(&machine, recorded));
            assert_eq!(text(&again), text(&live), "after {turn} events");
            if snapshot_at != Some(turn) {
                assert_eq!(again.recorded, live.recorded, "after {turn} events");
            }
            recorded += live.recorded.len() as u64;
        }
        assert_eq!(live.outcome, Some(Outcome::Succeeded(value("[1, 2, 3]").into())));
    }
}

#[test]
fn an_execution_that_was_not_started_is_not_found() {
    let mut replay = replay(&machine(MACHINE), 0);
    replay.take(Entry::Told(Told { event: Event::Continue, at: Time(1) }));
    assert!(replay.finish().is_none());
}
