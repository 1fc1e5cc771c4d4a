//! The suite in portable lanes: processes of the function's own Python.

mod suite;

use suite::harness::Kind;

/// The kind of lane of this program.
const KIND: Kind = Kind::Portable;
