//! Executions that the server drives itself, over a store and without functions.

mod children;
mod lifecycle;
mod map_runs;
mod restart;
mod site;
mod tokens;
