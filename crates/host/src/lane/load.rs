//! Loading lanes. Each one in a namespace of its own is loaded on a thread of its own, so that several
//! start side by side, and that thread stays: for the lane's CPython it is the main thread, in whose
//! name the orchestrator's thread acts later.

use super::{Lane, NEVER, Own, PROCESS_ENVIRONMENT, Place, main_thread, nanoseconds};
use crate::directory::{self, Directory};
use crate::exchange::Slot as Exchange;
use crate::gate::{constants, slot};
use crate::keys::Key;
use crate::stack::{self, Stack};
use crate::{LaneSpec, LoadError, Passed, Reply, Space, fault, namespace, shim, state, threads};
use faastlane_abi::{Encoding, LaneCalls};
use std::ffi::c_int;
use std::sync::mpsc::{self, Receiver};
use std::time::SystemTime;
use std::{env, io};

/// The processor has 16 keys; 0 and the orchestrator's are taken.
const KEYS_FOR_LANES: usize = 14;
/// Exchange slot for loading a lane in the base namespace.
const BASE_EXCHANGE: usize = 64 << 20;

impl Lane {
    /// Loads a lane and its handler.
    ///
    /// # Errors
    /// If there can be no such lane here, or its handler cannot be loaded.
    pub fn load(spec: &LaneSpec, space: Space) -> Result<Lane, LoadError> {
        match space {
            Space::Own => receive(spec, begin(spec, NEVER)),
            Space::Base => load_in_base(spec),
        }
    }

    /// Loads lanes in namespaces of their own, side by side.
    pub fn load_all(specs: &[LaneSpec]) -> Vec<Result<Lane, LoadError>> {
        Lane::load_all_until(specs, None)
    }

    /// As [`Lane::load_all`]; handlers must be loaded by the deadline.
    pub fn load_all_until(
        specs: &[LaneSpec],
        deadline: Option<SystemTime>,
    ) -> Vec<Result<Lane, LoadError>> {
        let deadline = deadline.map_or(NEVER, nanoseconds);
        let begun: Vec<_> = specs.iter().map(|spec| begin(spec, deadline)).collect();
        specs.iter().zip(begun).map(|(spec, begun)| receive(spec, begun)).collect()
    }
}

type Begun = Result<Receiver<Result<Lane, LoadError>>, LoadError>;

fn receive(spec: &LaneSpec, begun: Begun) -> Result<Lane, LoadError> {
    let broken = |_| LoadError::Broken { function: spec.name.clone() };
    begun?.recv().map_err(broken)?
}

/// Starts the thread that loads a lane.
fn begin(spec: &LaneSpec, deadline: u64) -> Begun {
    for (name, value) in PROCESS_ENVIRONMENT {
        if env::var(name).is_ok_and(|found| found.contains(value)) {
            continue;
        }
        return Err(LoadError::Environment { name, value });
    }
    let system =
        |what| move |source| LoadError::System { function: spec.name.clone(), what, source };
    threads::make_one();
    constants::set(false);
    fault::install().map_err(system("set up handlers of faults"))?;
    let (sender, receiver) = mpsc::sync_channel(1);
    let spec = spec.clone();
    let name = spec.name.clone();
    let load = move || {
        // A receiver that is gone takes the lane with it.
        let _ = sender.send(load_in_namespace(&spec, deadline));
        slot::give_back();
    };
    main_thread::start(&name, load).map_err(|source| LoadError::System {
        function: name,
        what: "start a thread",
        source,
    })?;
    Ok(receiver)
}

fn load_in_namespace(spec: &LaneSpec, deadline: u64) -> Result<Lane, LoadError> {
    let system =
        |what| move |source| LoadError::System { function: spec.name.clone(), what, source };
    let state = state::take()
        .ok_or_else(|| LoadError::TooMany { function: spec.name.clone(), most: state::MOST })?;
    let directory =
        Directory::new(&spec.code_root).map_err(system("open the folder of the code"))?;
    directory::separate_this_thread().map_err(system("separate the working directory"))?;
    directory.enter().map_err(system("enter the folder of the code"))?;
    let stack = Stack::new().map_err(system("reserve a stack"))?;
    let path = shim::path(&spec.libpython)?;
    let calls = namespace::load(&spec.name, &path, Space::Own, &threads::OWN)?;
    // SAFETY: the shim has reserved this part of the lane's memory for it.
    let exchange =
        unsafe { Exchange::new(calls.memory.wrapping_add(calls.exchange_at), calls.exchange_size) };
    let rights = if constants::keys() { protect(spec, calls, &stack)? } else { 0 };
    let own = Own { state, stack, exchange, directory, is_loaded: false, rights };
    let mut lane = Lane {
        name: spec.name.clone(),
        calls,
        place: Place::Own(Box::new(own)),
        end: None,
        is_forked: false,
    };
    lane.start(spec, deadline)?;
    if let Place::Own(own) = &mut lane.place {
        own.is_loaded = true;
    }
    Ok(lane)
}

/// Gives the lane a key, and its memory that key. Returns the rights with which it runs.
fn protect(spec: &LaneSpec, calls: &LaneCalls, stack: &Stack) -> Result<u32, LoadError> {
    let function = || spec.name.clone();
    let key = Key::allocate(format!("function '{}'", spec.name))
        .map_err(|_| LoadError::TooMany { function: function(), most: KEYS_FOR_LANES })?;
    let failed = |source| LoadError::System {
        function: function(),
        what: "give the lane its protection key",
        source,
    };
    stack.protect(key).map_err(failed)?;
    let number = c_int::try_from(key.0).expect("keys are small numbers");
    // SAFETY: a function of the lane that may be called with the host's rights.
    match unsafe { (calls.set_key)(number) } {
        0 => Ok(key.rights()),
        error => Err(failed(io::Error::from_raw_os_error(error))),
    }
}

fn load_in_base(spec: &LaneSpec) -> Result<Lane, LoadError> {
    let system =
        |what| move |source| LoadError::System { function: spec.name.clone(), what, source };
    env::set_current_dir(&spec.code_root).map_err(system("enter the folder of the code"))?;
    let path = shim::path(&spec.libpython)?;
    let calls = namespace::load(&spec.name, &path, Space::Base, &threads::BASE)?;
    let mut lane =
        Lane { name: spec.name.clone(), calls, place: Place::Base, end: None, is_forked: false };
    lane.start(spec, NEVER)?;
    Ok(lane)
}

impl Lane {
    /// Starts Python and loads the handler.
    fn start(&mut self, spec: &LaneSpec, deadline: u64) -> Result<(), LoadError> {
        let function = || spec.name.clone();
        let mut temporary = None;
        let exchange = match &mut self.place {
            Place::Own(own) => &mut own.exchange,
            Place::Base => {
                let reserve = || -> io::Result<Exchange> {
                    let start = stack::reserve(BASE_EXCHANGE)?;
                    // SAFETY: new memory of that size, which stays mapped: the lane may have kept the
                    // address.
                    Ok(unsafe { Exchange::new(start, BASE_EXCHANGE) })
                };
                let what = "reserve memory";
                let slot = reserve().map_err(|source| LoadError::System {
                    function: function(),
                    what,
                    source,
                })?;
                temporary.insert(slot)
            }
        };
        let mut environment = Vec::new();
        for (name, value) in &spec.environment {
            environment.extend([name.as_bytes(), b"=", value.as_bytes(), b"\0"].concat());
        }
        let program = spec.python.to_string_lossy();
        let texts =
            [program.as_bytes(), spec.runner.as_bytes(), spec.config.as_bytes(), &environment];
        exchange
            .write(texts, Encoding::Text, 0)
            .map_err(|_| LoadError::Broken { function: function() })?;
        let argument = exchange.start().cast();
        let passed = self.enter(self.function(self.calls.start), argument, deadline);
        let exchange = match &mut self.place {
            Place::Own(own) => &mut own.exchange,
            Place::Base => temporary.as_mut().expect("made above"),
        };
        let reply = exchange.reply();
        exchange.clear();
        match (passed, reply) {
            (Passed::Returned, Reply::Returned { .. }) => Ok(()),
            (Passed::Returned, Reply::Failed { error_type, payload, .. })
                if error_type == faastlane_abi::UNSUPPORTED =>
            {
                let text = String::from_utf8_lossy(&payload).into_owned();
                Err(LoadError::Python { function: function(), text })
            }
            (Passed::Returned, Reply::Failed { error_type, payload, .. }) => {
                Err(LoadError::Handler { function: function(), error_type, payload })
            }
            (Passed::TimedOut, _) => Err(LoadError::TimedOut { function: function() }),
            (Passed::Ended(ended), _) => Err(LoadError::Ended { function: function(), ended }),
            (Passed::Fault(fault), _) => Err(LoadError::Fault { function: function(), fault }),
            _ => Err(LoadError::Broken { function: function() }),
        }
    }
}
