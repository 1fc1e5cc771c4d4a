//! The store as callers see it. One program, since each one is linked.

mod suite {
    mod executions;
    mod files;
    mod killed;
    mod machines;
    mod made;
    mod map_runs;
    mod old;
    mod versions;
}
