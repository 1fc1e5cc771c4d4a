//! Keeps state machines, executions, their histories and journals in a SQLite file.
