//! The suite in forked hosts: one function to a process, in its base namespace.

mod suite;

use suite::harness::Kind;

/// The kind of lane of this program.
const KIND: Kind = Kind::Process;
