//! JSON texts inside of requests: the input of an execution, the output of a task.

use faastlane_value::{Value, json};

use crate::{Error, jackson};

/// The input of an execution; any JSON value can be one.
///
/// # Errors
/// `InvalidExecutionInput`
pub fn read_input(text: &str) -> Result<Value, Error> {
    read(text, "Invalid execution input.").map_err(|why| Error::invalid_execution_input(&why))
}

/// The output of a task that a worker reports.
///
/// # Errors
/// `InvalidOutput`
pub fn read_output(text: &str) -> Result<Value, Error> {
    // What AWS says of an empty one is not known.
    read(text, "Invalid output.").map_err(|why| Error::invalid_output(&why))
}

fn read(text: &str, if_empty: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Err(if_empty.to_owned());
    }
    json::parse(text.as_bytes())
        .map_err(|error| jackson::message(text).unwrap_or_else(|| error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_refused_in_the_words_of_aws() {
        let check = |text: &str, expected: &str| {
            let refused = read_input(text).map_err(|error| error.message);
            let expected = format!("Invalid State Machine Execution Input: '{expected}'");
            assert_eq!(refused, Err(expected), "{text}");
        };
        check(
            "not some JSON",
            "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
        );
        check(
            "{'a': 1}",
            "Unexpected character (''' (code 39)): was expecting double-quote to start field name",
        );
        check("", "Invalid execution input.");
        for good in ["0", "null", "\"text\"", "[]", "{}"] {
            assert!(read_input(good).is_ok(), "{good}");
        }
        assert_eq!(read_output("{").map_err(|error| error.code), Err("InvalidOutput"));
    }
}
