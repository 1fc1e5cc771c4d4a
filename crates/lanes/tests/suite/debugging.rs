//! A function that is debugged waits for a debugger, stops in it, and is in no hurry.
//!
//! A script stands for the user of `pdb`. `debugpy` speaks to editors; a file of that name hides it
//! from the functions here.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use faastlane_lanes::{Debug, Event, Options, Pool};
use tempfile::TempDir;

use super::harness::{Finished, call, finish, folder, function, options, run};

const HANDLER: &str = "def handler(event, context):\n    number = event\n    return number + 1\n";

/// A pool with a function that is debugged, and that has no time at all otherwise.
fn debugged(code: &str) -> (TempDir, Pool) {
    let root = folder(&[("app.py", code), ("debugpy.py", "raise ImportError")]);
    let mut function = function(root.path());
    function.debug = Some(Debug { port: 0 });
    function.timeout = Duration::ZERO;
    let in_a_hurry =
        Options { init_timeout: Duration::ZERO, grow_after: Duration::ZERO, ..options() };
    (root, Pool::new(vec![function], in_a_hurry).unwrap())
}

/// The user of `pdb`.
struct User(TcpStream);

impl User {
    /// Connects to where the log says.
    fn attach(pool: &mut Pool) -> User {
        let mut events = Vec::new();
        pool.wait(None, &mut events).unwrap();
        let [Event::Log { text, .. }] = events.as_slice() else { panic!("{events:?}") };
        let address = text.strip_prefix("Waiting for a debugger on ").unwrap();
        let (address, how) = address.split_once(". ").unwrap();
        let nc = format!("In another terminal: nc {} (", address.replace(':', " "));
        assert!(how.starts_with(&nc), "{how}");
        User(TcpStream::connect(address).unwrap())
    }

    /// Expects the prompt, and before it text that contains this.
    fn sees(&mut self, expected: &str) -> &mut User {
        let mut seen = Vec::new();
        while !seen.ends_with(b"(pdb) ") {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap();
            seen.extend(byte);
        }
        let seen = String::from_utf8(seen).unwrap();
        assert!(seen.contains(expected), "{expected:?} in {seen}");
        self
    }

    fn types(&mut self, command: &str) -> &mut User {
        self.0.write_all(format!("{command}\n").as_bytes()).unwrap();
        self
    }
}

/// Makes these calls with a user who does this; how they ended, in order.
fn debug(code: &str, events: &[&str], script: fn(User)) -> Vec<Finished> {
    let (_root, mut pool) = debugged(code);
    for (id, event) in (1..).zip(events) {
        pool.call(call(id, 0, *event));
    }
    let user = User::attach(&mut pool);
    let finished = std::thread::scope(|scope| {
        scope.spawn(|| script(user));
        finish(&mut pool, events.len())
    });
    assert_eq!(pool.workers_started(), 1);
    finished
}

#[test]
fn each_call_stops_at_the_first_line_of_the_handler() {
    let finished = debug(HANDLER, &["41", "41", "41"], |mut user| {
        user.sees("app.py(2)handler()").types("p event").sees("41");
        user.types("next").sees("app.py(3)handler()");
        user.types("number = 6").sees("").types("continue");
        user.sees("app.py(2)handler()").types("break 3").sees("Breakpoint 1").types("continue");
        user.sees("app.py(3)handler()").types("continue");
        user.sees("app.py(2)handler()").types("quit");
    });
    let results: Vec<_> = finished.iter().map(Finished::returned).collect();
    assert_eq!(results, ["7", "42", "42"]);
}

#[test]
fn a_handler_goes_on_without_its_user() {
    let finished = debug(HANDLER, &["1", "2"], |mut user| {
        user.sees("app.py(2)handler()").types("next").sees("app.py(3)handler()");
    });
    assert_eq!(finished.iter().map(Finished::returned).collect::<Vec<_>>(), ["2", "3"]);
}

#[test]
fn errors_show_no_frame_of_the_debugger() {
    let code = "def handler(event):\n    raise ValueError(event)\n";
    let finished = debug(code, &["1"], |mut user| {
        user.sees("app.py(2)handler()").types("continue");
    });
    let (error_type, payload) = finished[0].failed();
    assert_eq!(error_type, "ValueError");
    assert_eq!(payload.matches("File").count(), 1, "{payload}");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let root = folder(&[("app.py", HANDLER), ("debugpy.py", "raise ImportError")]);
    let mut function = function(root.path());
    let address = taken.local_addr().unwrap();
    function.debug = Some(Debug { port: address.port() });
    let finished = run(function, "1");
    assert_eq!(finished.failed().0, "Runtime.ExitError");
    let start = format!("Cannot wait for a debugger on {address}: ");
    assert!(finished.log.starts_with(&start), "{}", finished.log);
    assert!(finished.log.ends_with(". Choose another port.\n"), "{}", finished.log);
}
