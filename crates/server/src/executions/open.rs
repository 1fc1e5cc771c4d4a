//! How executions come to life with the server, and end with it.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use faastlane_container::process::Program;
use faastlane_store::Store;

use super::callbacks::Callbacks;
use super::datasets::Datasets;
use super::driver::{Driver, Message};
use super::handle::Handle;
use super::wakes::Wakes;
use super::watched::OfCalls;
use crate::lanes::{self, Lanes, Listener};
use crate::machines::Machines;
use crate::{Settings, Workshop};

/// All executions, while the server runs.
pub struct Executions {
    handle: Handle,
    lanes: Arc<Lanes>,
    listener: Arc<dyn Listener>,
    driver: JoinHandle<()>,
    inbox: Sender<Message>,
}

impl std::fmt::Debug for Executions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Executions").finish_non_exhaustive()
    }
}

impl Executions {
    /// Goes on with the executions of a store. `program` is what the processes of lanes and containers are.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn open(
        store: Arc<Store>,
        settings: Arc<Settings>,
        workshop: Arc<dyn Workshop>,
        program: Program,
    ) -> std::io::Result<Self> {
        let (inbox, messages) = channel();
        let machines = Arc::<Machines>::default();
        let listener: Arc<dyn Listener> = Arc::new(OfCalls {
            inbox: Mutex::new(inbox.clone()),
            observer: Arc::clone(&settings.observer),
        });
        let lanes = Lanes::new(lanes::Options::new(program), Arc::clone(&listener));
        let lanes = Arc::new(lanes);
        let handle = Handle {
            inbox: inbox.clone(),
            machines: Arc::clone(&machines),
            lanes: Arc::clone(&lanes),
            workshop: Arc::clone(&workshop),
            settings: Arc::clone(&settings),
        };
        let datasets = Datasets::start(settings.s3.clone(), inbox.clone())?;
        let driver = Driver {
            inbox: messages,
            store,
            machines,
            lanes: Arc::clone(&lanes),
            workshop,
            settings,
            live: HashMap::new(),
            by_arn: HashMap::new(),
            last_key: 0,
            calls: HashMap::new(),
            last_call: 0,
            callbacks: Callbacks::default(),
            datasets,
            wakes: Wakes::default(),
            next: VecDeque::new(),
            touched: Vec::new(),
            changes: Vec::new(),
            recorded: Vec::new(),
            effects: Vec::new(),
            actions: Vec::new(),
        };
        let driver = thread::Builder::new().name("executions".to_owned()).spawn(|| driver.run())?;
        Ok(Self { handle, lanes, listener, driver, inbox })
    }

    /// What others ask of executions.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Who is told what happens in lanes.
    #[must_use]
    pub fn listener(&self) -> Arc<dyn Listener> {
        Arc::clone(&self.listener)
    }

    /// Ends: what is in the store stays there, and a server that opens it goes on.
    pub fn close(self) {
        // It has ended already if nobody takes the message.
        let _ = self.inbox.send(Message::Close);
        let _ = self.driver.join();
        self.lanes.end();
    }
}
