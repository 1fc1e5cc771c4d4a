//! `faastlane logs`: what the functions of a server have printed.

use std::thread;
use std::time::Duration;

use faastlane_value::{Value, json};

use crate::args::LogsArgs;
use crate::client::{Client, text};
use crate::exit::ExitCode;
use crate::{Error, print};

/// Between two questions for what is new.
const PAUSE: Duration = Duration::from_millis(300);

/// Prints the lines that the server has, and those that come.
pub(crate) fn logs(args: &LogsArgs) -> Result<ExitCode, Error> {
    let client = Client::new(&args.server)?;
    let mut last = 0;
    let mut left_out = args.tail;
    loop {
        let answer = client.log(last, args.function.as_deref())?;
        let lines: Vec<&str> = answer.lines().collect();
        let tail = left_out.take().map_or(0, |tail| lines.len().saturating_sub(tail));
        for (at, line) in lines.into_iter().enumerate() {
            let read = json::parse(line.as_bytes()).map_err(|error| {
                Error::Internal(format!("the server's log has a line that is not JSON: {error}"))
            })?;
            // A number below those known is of a server that was started since then.
            last = number(&read);
            if at >= tail {
                print(args, &read)?;
            }
        }
        if !args.follow {
            return Ok(ExitCode::Succeeded);
        }
        thread::sleep(PAUSE);
    }
}

fn print(args: &LogsArgs, line: &Value) -> Result<(), Error> {
    if args.json { print::json_line(line) } else { print::line(&shown(line)) }
}

/// `12:30:00.123 [function] text`
fn shown(line: &Value) -> String {
    let time = text(line, "time").trim_end_matches('Z');
    let time = time.split_once('T').map_or(time, |(_, time)| time);
    format!("{time} [{}] {}", text(line, "function"), text(line, "text"))
}

fn number(line: &Value) -> u64 {
    let number = line.get("n").and_then(|number| number.as_number()?.as_i64());
    number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_a_time_and_a_name() {
        let line = br#"{"n":7,"time":"2026-01-01T12:30:00.123Z","function":"pay","text":"paid 3"}"#;
        let line = json::parse(line).unwrap();
        assert_eq!((shown(&line).as_str(), number(&line)), ("12:30:00.123 [pay] paid 3", 7));
    }
}
