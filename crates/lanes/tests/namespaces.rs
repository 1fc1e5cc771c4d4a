//! The suite in forked hosts that hold many functions, each in a namespace of its own.

mod suite;

use suite::harness::Kind;

/// The kind of lane of this program.
const KIND: Kind = Kind::Namespaces;
