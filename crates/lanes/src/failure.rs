//! The errors which the platform, not the function's own Python, reports: wording as on Lambda.
//!
//! How a process ended is told in the words of Go's `os.ProcessState`, because Lambda's own
//! runtime supervisor is written in Go and users match on these texts.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use crate::{Function, Outcome};

/// The function's process ended during a call.
#[must_use]
pub fn exit(request_id: &str, status: ExitStatus) -> Outcome {
    let reason = match (status.code(), status.signal()) {
        (Some(0), _) => "Runtime exited without providing a reason".to_owned(),
        (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
        (None, Some(signal)) => {
            format!("Runtime exited with error: signal: {}", signal_text(signal))
        }
        (None, None) => format!("Runtime exited with error: {status}"),
    };
    outcome("Runtime.ExitError", &format!("RequestId: {request_id} Error: {reason}"))
}

/// The call took longer than the function's timeout.
#[must_use]
pub fn timeout(request_id: &str, timeout: Duration) -> Outcome {
    let seconds = timeout.as_secs_f64();
    let message =
        format!("RequestId: {request_id} Error: Task timed out after {seconds:.2} seconds");
    outcome("Sandbox.Timedout", &message)
}

/// The line in its log when a function ends for the memory that it took; both in bytes.
pub(crate) fn too_much_memory(name: &str, taken: u64, limit: u64) -> String {
    let (taken, limit) = (taken >> 20, limit >> 20);
    format!(
        "[faastlane] '{name}' was killed: it took {taken} MB of memory, and its MemorySize is {limit}\n"
    )
}

/// The line in its log when a function ends for the processes that it has started.
pub(crate) fn too_many_processes(name: &str, limit: usize) -> String {
    format!(
        "[faastlane] '{name}' was killed: it has more than {limit} processes and threads, the most \
         that Lambda allows\n"
    )
}

/// The result is larger than the limit in force.
pub(crate) fn response_too_large(limit: usize) -> Outcome {
    let message =
        format!("Response payload size exceeded maximum allowed payload size ({limit} bytes).");
    outcome("Function.ResponseSizeTooLarge", &message)
}

/// The function's process sent what the runner never sends.
pub(crate) fn garbage(request_id: &str, what: &str) -> Outcome {
    let message = format!(
        "RequestId: {request_id} Error: the function's process broke the connection to the runtime ({what})"
    );
    outcome("Runtime.ExitError", &message)
}

/// No process could be started. Lambda has this name for an entry point that does not run.
pub(crate) fn start(request_id: &str, function: &Function, error: &io::Error) -> Outcome {
    let python = function.python.display();
    let root = function.code_root.display();
    let problem = if !function.code_root.is_dir() {
        format!("the code folder '{root}' is missing or not a folder")
    } else {
        format!("cannot start '{python}': {error}; give another Python with --python")
    };
    let name = &function.name;
    outcome(
        "Runtime.InvalidEntrypoint",
        &format!("RequestId: {request_id} Error: function '{name}': {problem}"),
    )
}

fn outcome(error_type: &str, message: &str) -> Outcome {
    let payload = serde_json::json!({ "errorType": error_type, "errorMessage": message });
    Outcome::Failed { error_type: error_type.to_owned(), payload: payload.to_string().into_bytes() }
}

/// Go's names of the signals on Linux (`syscall.Signal.String`).
fn signal_text(signal: i32) -> String {
    const NAMES: [&str; 15] = [
        "hangup",
        "interrupt",
        "quit",
        "illegal instruction",
        "trace/breakpoint trap",
        "aborted",
        "bus error",
        "floating point exception",
        "killed",
        "user defined signal 1",
        "segmentation fault",
        "user defined signal 2",
        "broken pipe",
        "alarm clock",
        "terminated",
    ];
    let name = usize::try_from(signal - 1).ok().and_then(|index| NAMES.get(index));
    name.map_or_else(|| format!("signal {signal}"), |name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(outcome: Outcome, expected: &str) {
        let Outcome::Failed { payload, .. } = outcome else { panic!("expected a failure") };
        assert_eq!(String::from_utf8(payload).unwrap(), expected);
    }

    #[test]
    fn texts_are_those_of_lambda() {
        let exit_error = |raw, text: &str| {
            let payload = format!(
                r#"{{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r Error: {text}"}}"#
            );
            check(exit("r", ExitStatus::from_raw(raw)), &payload);
        };
        exit_error(1 << 8, "Runtime exited with error: exit status 1");
        exit_error(255 << 8, "Runtime exited with error: exit status 255");
        exit_error(0, "Runtime exited without providing a reason");
        exit_error(9, "Runtime exited with error: signal: killed");
        exit_error(11 | 0x80, "Runtime exited with error: signal: segmentation fault");
        exit_error(31, "Runtime exited with error: signal: signal 31");
        check(
            timeout("r", Duration::from_millis(1500)),
            r#"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: r Error: Task timed out after 1.50 seconds"}"#,
        );
    }
}
