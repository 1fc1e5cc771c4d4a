//! `faastlane executions`: what a server has run and runs.

use std::time::{SystemTime, UNIX_EPOCH};

use faastlane_value::{ObjectBuilder, Value};

use crate::args::{ExecutionsArgs, ExecutionsCommand, ListArgs, RedriveArgs, ShowArgs, StopArgs};
use crate::client::{Client, Table, execution_arn, milliseconds, text, time, took};
use crate::exit::ExitCode;
use crate::{Error, print};

/// Asks the server and prints what it answers.
pub(crate) fn executions(args: &ExecutionsArgs) -> Result<ExitCode, Error> {
    match &args.command {
        ExecutionsCommand::List(args) => list(args),
        ExecutionsCommand::Show(args) => show(args),
        ExecutionsCommand::Stop(args) => stop(args),
        ExecutionsCommand::Redrive(args) => redrive(args),
    }?;
    Ok(ExitCode::Succeeded)
}

fn list(args: &ListArgs) -> Result<(), Error> {
    let client = Client::new(&args.server)?;
    let status = args.status.as_deref().map(str::to_ascii_uppercase);
    let found = client.executions(args.machine.as_deref(), status.as_deref(), args.max)?;
    if args.json {
        return print::json_line(&Value::object([("executions", Value::array(found))]));
    }
    if found.is_empty() {
        print::info("there are no such executions");
        return Ok(());
    }
    let mut table = Table::new(&["STATUS", "MACHINE", "NAME", "STARTED (UTC)", "TOOK"]);
    let now = now();
    for execution in &found {
        let machine = text(execution, "stateMachineArn");
        let began = milliseconds(execution, "startDate").unwrap_or_default();
        table.row([
            text(execution, "status").to_owned(),
            machine.rsplit(':').next().unwrap_or_default().to_owned(),
            text(execution, "name").to_owned(),
            time(began),
            took(began, milliseconds(execution, "stopDate").unwrap_or(now)),
        ]);
    }
    print::line(&table.text())
}

fn show(args: &ShowArgs) -> Result<(), Error> {
    let client = Client::new(&args.server)?;
    let arn = execution_arn(&client, args.execution.as_deref())?;
    let execution = client.call("DescribeExecution", &of_execution(&arn).build())?;
    if args.json {
        return print::json_line(&execution);
    }
    print::line(&shown(&execution, now()))
}

/// An execution, a member a line. Those that hold JSON are shown as they are.
fn shown(execution: &Value, now: i64) -> String {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            lines.push(format!("{name:<9}{}", value.replace('\n', "\n         ")));
        }
    };
    let machine = text(execution, "stateMachineArn");
    line("status", text(execution, "status"));
    line("machine", machine.rsplit(':').next().unwrap_or_default());
    line("name", text(execution, "name"));
    line("arn", text(execution, "executionArn"));
    if let Some(began) = milliseconds(execution, "startDate") {
        line("started", &format!("{} UTC", time(began)));
        line("took", &took(began, milliseconds(execution, "stopDate").unwrap_or(now)));
    }
    for name in ["error", "cause", "input", "output"] {
        line(name, text(execution, name));
    }
    if text(execution, "redriveStatus") == "REDRIVABLE" {
        let command = "`faastlane executions redrive` goes on from what failed";
        line("redrive", command);
    }
    lines.join("\n")
}

fn stop(args: &StopArgs) -> Result<(), Error> {
    let client = Client::new(&args.server)?;
    let arn = execution_arn(&client, Some(&args.execution))?;
    let mut request = of_execution(&arn);
    for (name, text) in [("error", &args.error), ("cause", &args.cause)] {
        if let Some(text) = text {
            request.insert(name, text.as_str());
        }
    }
    told(&client.call("StopExecution", &request.build())?, args.json, "stopDate", &arn, "ended")
}

fn redrive(args: &RedriveArgs) -> Result<(), Error> {
    let client = Client::new(&args.server)?;
    let arn = execution_arn(&client, Some(&args.execution))?;
    let answer = client.call("RedriveExecution", &of_execution(&arn).build())?;
    told(&answer, args.json, "redriveDate", &arn, "goes on since")
}

/// Tells when something was done to an execution.
fn told(answer: &Value, json: bool, date: &str, arn: &str, what: &str) -> Result<(), Error> {
    if json {
        return print::json_line(answer);
    }
    let date = milliseconds(answer, date).map_or_else(|| "now".to_owned(), time);
    print::info(&format!("{arn} {what} {date} UTC"));
    Ok(())
}

fn of_execution(arn: &str) -> ObjectBuilder {
    let mut request = ObjectBuilder::with_capacity(3);
    request.insert("executionArn", arn);
    request
}

/// Milliseconds since the epoch, as the API counts.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_is_shown_a_member_a_line() {
        let execution = faastlane_value::json::parse(
            br#"{"executionArn":"arn:aws:states:us-east-1:1:execution:Orders:run-1","name":"run-1",
                "stateMachineArn":"arn:aws:states:us-east-1:1:stateMachine:Orders","status":"FAILED",
                "startDate":1700000000.5,"stopDate":1700000001.74,"error":"E","cause":"a\nb","input":"{}",
                "redriveStatus":"REDRIVABLE"}"#,
        );
        let expected = "\
status   FAILED
machine  Orders
name     run-1
arn      arn:aws:states:us-east-1:1:execution:Orders:run-1
started  2023-11-14 22:13:20 UTC
took     1.24 s
error    E
cause    a
         b
input    {}
redrive  `faastlane executions redrive` goes on from what failed";
        assert_eq!(shown(&execution.unwrap(), 0), expected);
    }
}
