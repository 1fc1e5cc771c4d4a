//! Executions as traces: an execution is a trace, its states are spans, and the tries of their calls are theirs.
//!
//! Spans are made from the history when an execution has ended, by a pure function ([`spans`]): what AWS tells of an
//! execution is all that a trace shows, and nothing is noted for it while the execution runs. Ids are hashes of what they
//! stand for, so whoever makes a call knows the id of its span before there is one. The SDK of OpenTelemetry was the
//! other way: its spans are begun and ended by whoever does the work, which here outlives the process.
//!
//! Names of states, resources and errors are in a trace; inputs, outputs and causes are not.

mod exporter;
mod otlp;
mod settings;
mod spans;
mod steps;

pub use exporter::Tracer;
pub use settings::{SettingsError, TracerSettings};

use sha2::{Digest, Sha256};

use super::TraceContext;

/// An execution, as far as a trace tells of it.
#[derive(Debug, Clone, Copy)]
pub struct Traced<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// The ARN of its machine.
    pub machine_arn: &'a str,
    /// `traceHeader`
    pub trace_header: Option<&'a str>,
    /// When it began, in milliseconds since the epoch.
    pub started: i64,
}

impl Traced<'_> {
    /// The trace that it belongs to: that of its header, or else its own, which begins with its time as X-Ray's do.
    fn context(&self) -> TraceContext {
        self.trace_header.and_then(TraceContext::of_xray).unwrap_or_else(|| {
            let seconds = u128::from((self.started / 1000).unsigned_abs() & 0xffff_ffff);
            let hash = hash(&[self.arn, "trace"]) & ((1 << 96) - 1);
            TraceContext { trace: (seconds << 96) | hash, parent: None, sampled: None }
        })
    }

    /// What a function that is called finds in `_X_AMZN_TRACE_ID`: the trace, and the span of the call as its parent.
    /// `invocation` is that of the task's request: how often `state` made a call before. `is_traced` says whether
    /// traces are kept where the execution's header does not.
    #[must_use]
    pub fn call_header(&self, state: &str, invocation: u64, is_traced: bool) -> String {
        self.header_of(call_id(self.arn, state, invocation), is_traced)
    }

    /// As [`call_header`](Self::call_header), for functions of an execution in a container, which knows of no spans: all
    /// of them have the execution's as their parent.
    #[must_use]
    pub fn header(&self, is_traced: bool) -> String {
        self.header_of(event_id(self.arn, 1), is_traced)
    }

    fn header_of(&self, parent: u64, is_traced: bool) -> String {
        let context = self.context();
        let sampled = Some(context.sampled.unwrap_or(is_traced));
        TraceContext { parent: Some(parent), sampled, ..context }.to_string()
    }
}

/// The id of the span that an event of an execution begins.
fn event_id(arn: &str, event: u64) -> u64 {
    span_id(hash(&[arn, &event.to_string()]))
}

/// The id of the span of a call.
fn call_id(arn: &str, state: &str, invocation: u64) -> u64 {
    span_id(hash(&[arn, state, &invocation.to_string()]))
}

fn span_id(hash: u128) -> u64 {
    let bytes = hash.to_be_bytes();
    let (first, _) = bytes.split_first_chunk().expect("it has 16 bytes");
    // 0 stands for no span.
    u64::from_be_bytes(*first).max(1)
}

/// A number for some texts, the same in all versions and processes.
fn hash(parts: &[&str]) -> u128 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
        hasher.update([0]);
    }
    let digest = hasher.finalize();
    digest.iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_knows_its_trace() {
        let check = |trace_header: Option<&str>, is_traced: bool, expected: &str| {
            let traced =
                Traced { arn: "a", machine_arn: "m", trace_header, started: 1_465_510_280_000 };
            let header = traced.call_header("State", 2, is_traced);
            let parent = format!("Parent={:016x}", call_id("a", "State", 2));
            assert_eq!(header.replace(&parent, "Parent"), expected);
        };
        let root = "Root=1-5759e988-bd862e3fe1be46a994272793";
        check(Some(root), true, &format!("{root};Parent;Sampled=1"));
        check(
            Some(&format!("{root};Parent=53995c3f42cd8ad8;Sampled=0")),
            true,
            &format!("{root};Parent;Sampled=0"),
        );
        check(Some(&format!("{root};Sampled=1")), false, &format!("{root};Parent;Sampled=1"));
        let own =
            Traced { arn: "a", machine_arn: "m", trace_header: None, started: 1_700_000_000_123 };
        let header = own.call_header("State", 0, false);
        assert!(
            header.starts_with("Root=1-6553f100-") && header.ends_with(";Sampled=0"),
            "{header}"
        );
        assert_eq!(TraceContext::of_xray(&header).map(|context| context.to_string()), Some(header));
    }
}
