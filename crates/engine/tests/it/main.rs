//! The engine, driven by a script: no clock, no threads, no functions.

mod choice;
mod context;
mod data_flow;
mod driver;
mod execution;
mod frames;
mod history;
mod jsonata;
mod map;
mod map_run;
mod parallel;
mod random;
mod redrive;
mod replay;
mod retry;
mod snapshot;
mod submitted;
mod task;
mod variables;
mod wait;
