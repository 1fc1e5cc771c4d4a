//! Requests that mean no good: after each kind the server answers a good one, and holds no more memory.
//!
//! With `FAASTLANE_HOSTILE_TO=127.0.0.1:8083` they go to that server, such as `faastlane serve` with its operations, and
//! not to one of the test's own.

#![expect(
    dead_code,
    reason = "client and server are those of the other tests, and more is in them"
)]
#![expect(clippy::print_stdout, reason = "a test says what it has found")]

mod bodies;
mod connections;
mod heads;
mod target;

#[path = "../http/client.rs"]
mod client;
#[path = "../http/server.rs"]
mod server;

use target::Target;

#[test]
fn a_good_request_is_answered_after_each_hostile_one() {
    let target = Target::new();
    let before = target.memory();
    let kinds = [bodies::KINDS, heads::KINDS, connections::KINDS].concat();
    assert!(kinds.len() >= 24);
    for (name, attack) in kinds {
        attack(&target);
        target.check_good(name);
        let grown = target.memory().saturating_sub(before);
        println!("{name}: {} MB more than before all", grown >> 20);
        assert!(grown < 100 << 20, "{name}: {grown} bytes more");
    }
}
