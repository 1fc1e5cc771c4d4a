//! Names where ARNs are long: a machine's or an execution's name is enough where only one has it.

use faastlane_value::Value;

use super::{Client, Failure, text};
use crate::Error;

/// The ARN of the execution that was typed as its name, `MACHINE:NAME` or its ARN; of the newest one if none was.
pub(crate) fn execution_arn(client: &Client, typed: Option<&str>) -> Result<String, Error> {
    let Some(typed) = typed else {
        let newest = client.executions(None, None, 1)?.into_iter().next();
        let newest =
            newest.ok_or_else(|| Error::Invalid("there is no execution yet".to_owned()))?;
        return Ok(text(&newest, "executionArn").to_owned());
    };
    if typed.starts_with("arn:") {
        return Ok(typed.to_owned());
    }
    // Names have no colon.
    let (machine, name) = match typed.rsplit_once(':') {
        Some((machine, name)) => (Some(machine), name),
        None => (None, typed),
    };
    let mut found = Vec::new();
    for machine in client.standard_machines(machine)? {
        let arn = execution_of(text(&machine, "stateMachineArn"), name);
        let request = Value::object([("executionArn", Value::from(arn.as_str()))]);
        match client.call("DescribeExecution", &request) {
            Ok(_) => found.push(arn),
            Err(Failure::Refused { code, .. })
                if code == "ExecutionDoesNotExist" || code == "InvalidArn" => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    let what = || format!("execution '{typed}'");
    only(found, &what(), "`faastlane executions list` shows those that there are")
}

/// The ARN that the execution `name` of a machine has.
fn execution_of(machine_arn: &str, name: &str) -> String {
    format!("{}:{name}", machine_arn.replacen(":stateMachine:", ":execution:", 1))
}

/// The only one of `found`, or what to type instead.
fn only(found: Vec<String>, what: &str, otherwise: &str) -> Result<String, Error> {
    match <[String; 1]>::try_from(found) {
        Ok([arn]) => Ok(arn),
        Err(found) if found.is_empty() => {
            Err(Error::Invalid(format!("there is no {what}; {otherwise}")))
        }
        Err(found) => {
            let arns = found.join("\n  ");
            Err(Error::Invalid(format!("{what} may be any of these; give the ARN:\n  {arns}")))
        }
    }
}

impl Client {
    /// The newest executions of a machine (its name or ARN), or of all that keep a history, newest first.
    pub(crate) fn executions(
        &self,
        machine: Option<&str>,
        status: Option<&str>,
        most: usize,
    ) -> Result<Vec<Value>, Error> {
        let mut arns = Vec::new();
        match machine {
            Some(arn) if arn.starts_with("arn:") => arns.push(arn.to_owned()),
            Some(name) => arns.push(self.machine_arn(name)?),
            None => {
                let machines = self.standard_machines(None)?;
                arns.extend(machines.iter().map(|m| text(m, "stateMachineArn").to_owned()));
            }
        }
        let mut found = Vec::new();
        for arn in arns {
            let mut request = vec![("stateMachineArn", Value::from(arn.as_str()))];
            request.extend(status.map(|status| ("statusFilter", Value::from(status))));
            found.extend(self.list("ListExecutions", &request, "executions", most)?);
        }
        let began = |execution: &Value| super::milliseconds(execution, "startDate");
        found.sort_by_key(|execution| std::cmp::Reverse(began(execution)));
        found.truncate(most);
        Ok(found)
    }

    /// The ARN of the machine with this name.
    fn machine_arn(&self, name: &str) -> Result<String, Error> {
        let mut machines = self.machines()?;
        machines.retain(|machine| text(machine, "name") == name);
        let arns = machines.iter().map(|m| text(m, "stateMachineArn").to_owned()).collect();
        only(arns, &format!("state machine '{name}'"), &self.known_machines()?)
    }

    fn known_machines(&self) -> Result<String, Error> {
        let machines = self.machines()?;
        let names: Vec<&str> = machines.iter().map(|machine| text(machine, "name")).collect();
        Ok(match names.as_slice() {
            [] => "the server has none".to_owned(),
            names => format!("the server has {}", names.join(", ")),
        })
    }

    /// Machines whose executions are kept, those with the name or ARN or all.
    fn standard_machines(&self, named: Option<&str>) -> Result<Vec<Value>, Error> {
        let mut machines = self.machines()?;
        machines.retain(|machine| {
            let is_meant =
                |typed| text(machine, "name") == typed || text(machine, "stateMachineArn") == typed;
            text(machine, "type") != "EXPRESS" && named.is_none_or(is_meant)
        });
        Ok(machines)
    }

    fn machines(&self) -> Result<Vec<Value>, Failure> {
        self.list("ListStateMachines", &[], "stateMachines", usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_has_the_region_and_account_of_its_machine() {
        let machine = "arn:aws:states:eu-west-1:000000000001:stateMachine:Orders";
        let expected = "arn:aws:states:eu-west-1:000000000001:execution:Orders:run-1";
        assert_eq!(execution_of(machine, "run-1"), expected);
    }

    #[test]
    fn what_may_be_several_is_not_guessed() {
        let check = |found: &[&str], expected: Result<&str, &str>| {
            let found = found.iter().map(|&arn| arn.to_owned()).collect();
            let told = only(found, "execution 'x'", "look").map_err(|error| error.to_string());
            assert_eq!(told.as_deref().map_err(String::as_str), expected);
        };
        check(&["a"], Ok("a"));
        check(&[], Err("there is no execution 'x'; look"));
        check(&["a", "b"], Err("execution 'x' may be any of these; give the ARN:\n  a\n  b"));
    }
}
