//! Finds machine code that could open the memory of another function: instructions which write PKRU,
//! the register that says which protection keys a thread may use.
//!
//! A gate is worth nothing if other code can do what it does. So executable memory is searched at
//! *every* byte offset, because x86 instructions have no alignment and a jump into the middle of one
//! finds another. [`scan`] looks into an ELF file; [`find`] is the search itself, for bytes that are
//! already in memory. Disassembly then tells an instruction from a constant that looks like one: the
//! first can be overwritten, the second is part of something the program needs.

mod disassembly;
mod elf;
mod gadget;
mod tree;

pub use disassembly::Line;
pub use elf::{Error, Finding, scan};
pub use gadget::{Gadget, Place, find, place};
pub use tree::{Scanned, scan_tree};
