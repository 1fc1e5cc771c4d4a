//! A thread that reads the items of distributed Maps and writes their results: an endpoint that hangs must
//! not hold up executions.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use faastlane_asl::StateMachine;
use faastlane_container::{Datasets as Open, Wanted};
use faastlane_dataset::Location;

use super::driver::Message;
use super::live::Key;

/// The thread's other end.
#[derive(Debug)]
pub(super) struct Datasets(Sender<Order>);

#[derive(Debug)]
enum Order {
    Do(Key, Arc<StateMachine>, Wanted),
    LetGo(Key),
}

impl Datasets {
    /// Starts the thread.
    pub(super) fn start(location: Location, answers: Sender<Message>) -> std::io::Result<Self> {
        let (orders, inbox) = channel();
        let run = move || run(&inbox, &location, &answers);
        thread::Builder::new().name("datasets".to_owned()).spawn(run)?;
        Ok(Self(orders))
    }

    /// Has something read or written.
    pub(super) fn want(&self, key: Key, machine: Arc<StateMachine>, wanted: Wanted) {
        // The thread ends only with this value.
        let _ = self.0.send(Order::Do(key, machine, wanted));
    }

    /// Closes what an execution has open.
    pub(super) fn let_go(&self, key: Key) {
        let _ = self.0.send(Order::LetGo(key));
    }
}

fn run(inbox: &Receiver<Order>, location: &Location, answers: &Sender<Message>) {
    let mut open: HashMap<Key, Open> = HashMap::new();
    for order in inbox {
        match order {
            Order::Do(key, machine, wanted) => {
                let open = open.entry(key).or_insert_with(|| Open::new(location.clone()));
                let event = open.answer(&machine, wanted);
                if answers.send(Message::Dataset { key, event }).is_err() {
                    return;
                }
            }
            Order::LetGo(key) => {
                if let Some(mut open) = open.remove(&key) {
                    open.let_go();
                }
            }
        }
    }
}
