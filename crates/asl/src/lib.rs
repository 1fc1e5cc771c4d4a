//! Turns Amazon States Language into a checked [`StateMachine`] and a list of diagnostics.
//!
//! Reading never stops at the first mistake: [`read`] returns everything that is wrong, each finding
//! with a JSON pointer and a place in the file. A machine comes out only when there is no error.
//! Every path, intrinsic function and payload template is compiled here, once, so that running a
//! state parses nothing.
//!
//! The rules are those of the Amazon States Language specification (states-language.net) and of the
//! AWS Step Functions developer guide, which is stricter in places.
//!
//! Each state has its query language; `read/fields.rs` decides by it which fields there may be.
//! What is missing is refused with [`Code::NotSupported`]: Parquet files as items of a distributed Map, and
//! items out of each object of a listing.

mod dataset;
mod diagnostic;
mod distributed;
mod machine;
mod read;

pub use dataset::{Csv, Format, Manifest};
pub use diagnostic::{Code, Diagnostic, Severity};
pub use distributed::{Amount, Distributed, ItemBatcher, ItemReader, ResultWriter, Transformation};
pub use machine::*;
pub use read::{MachineType, read};
