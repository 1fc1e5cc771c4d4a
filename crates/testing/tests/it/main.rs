//! Mock files and what they are turned into.

mod cases;
mod mocks;
