//! The Step Functions API over HTTP: what requests ask for, and the executions that they start.
