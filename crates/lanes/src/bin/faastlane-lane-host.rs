//! A template for the tests of this crate; programs for users have a command of their own for it.

use std::process::ExitCode;

fn main() -> ExitCode {
    faastlane_host::template::main(std::env::args_os().skip(1))
}
