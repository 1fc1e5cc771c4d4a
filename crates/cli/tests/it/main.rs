//! Tests of the whole program: the real command, in folders of their own.
//!
//! They need a Python on PATH. One that needs a package registry says so where there is none.

mod bad_input;
mod bench;
mod calls;
mod container;
mod distributed_map;
mod examples;
mod functions;
mod harness;
mod inspect;
mod interrupts;
mod lanes;
mod large;
mod mocks;
mod moto;
mod outcomes;
mod plan;
mod repeat;
mod serve;
mod services;
mod surroundings;
mod test_state;
mod testing;
mod trace;
mod variables;
mod watch;
