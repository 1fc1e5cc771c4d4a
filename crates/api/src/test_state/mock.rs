//! The mock of a request, and what else is said about what the state meets.

use faastlane_asl::{Kind, Resource};
use faastlane_engine::Response;
use faastlane_value::{ArcStr, Value, json};

use super::Surroundings;
use super::definition::{Isolated, find, machines_in};
use crate::models::{self, Strictness};
use crate::{Error, members};

fn refused(message: impl Into<String>) -> Error {
    Error::new("ValidationException", message)
}

/// The mock, if the state may have it and it could be what the state gets.
pub(super) fn read(
    request: &Value,
    kind: &Kind,
    around: &mut dyn Surroundings,
) -> Result<Option<Response>, Error> {
    let takes_mock = matches!(kind, Kind::Task(_) | Kind::Map(_) | Kind::Parallel(_));
    let Some(mock) = request.get("mock").filter(|mock| **mock != Value::Null) else {
        return match kind {
            Kind::Map(_) | Kind::Parallel(_) => Err(Error::new(
                "InvalidDefinition",
                "TestState API does not support Map or Parallel states. Supported state types \
                 include: [Task, Wait, Pass, Succeed, Fail, Choice]",
            )),
            _ => Ok(None),
        };
    };
    if !takes_mock {
        let kind = kind.name();
        let message = format!("State type '{kind}' is not supported when a mock is specified");
        return Err(refused(message));
    }
    if request.get("revealSecrets").and_then(Value::as_bool) == Some(true) {
        let message = "TestState does not support RevealSecrets when a mock is specified.";
        return Err(refused(message));
    }
    let strictness = match members::text(mock, "fieldValidationMode") {
        None | Some("STRICT") => Some(Strictness::Strict),
        Some("PRESENT") => Some(Strictness::Present),
        Some("NONE") => None,
        Some(other) => {
            let (name, known) = ("mock.fieldValidationMode", "STRICT, PRESENT, NONE");
            return Err(members::not_one_of(other, name, known));
        }
    };
    match (members::text(mock, "result"), mock.get("errorOutput")) {
        (Some(_), Some(_)) => Err(refused(
            "A test mock should have only one of the following fields: [result, errorOutput].",
        )),
        (Some(text), None) => {
            let result = json::parse(text.as_bytes())
                .map_err(|_| refused("Mocked result must be valid JSON"))?;
            check(kind, &result, strictness, around)?;
            Ok(Some(Response::Return(result)))
        }
        (None, Some(error)) => {
            let text = |name| members::text(error, name).map(ArcStr::from);
            Ok(Some(Response::Throw {
                error: text("error").unwrap_or_default(),
                cause: text("cause"),
            }))
        }
        // The API's own words are not known.
        (None, None) => Err(refused("A test mock needs one of: [result, errorOutput].")),
    }
}

/// Whether the state could get this result.
fn check(
    kind: &Kind,
    result: &Value,
    strictness: Option<Strictness>,
    around: &mut dyn Surroundings,
) -> Result<(), Error> {
    match kind {
        Kind::Map(map) => match (result, &map.distributed) {
            (Value::Object(_), Some(distributed)) if distributed.writer.is_some() => Ok(()),
            (_, Some(distributed)) if distributed.writer.is_some() => {
                Err(refused("Mocked result must be a JSON object."))
            }
            (Value::Array(_), _) => Ok(()),
            _ => Err(refused("Mocked result must be an array.")),
        },
        Kind::Parallel(parallel) => match result {
            Value::Array(results) if results.len() == parallel.branches.len() => Ok(()),
            // Only the first half of this is AWS's; what it says of a wrong length is not known.
            Value::Array(_) => {
                Err(refused("Mocked result must be an array with a result for each branch."))
            }
            _ => Err(refused("Mocked result must be an array.")),
        },
        Kind::Task(task) => match (&task.resource, strictness) {
            (Resource::Service(service), Some(strictness)) => {
                check_service(&service.service, &service.action, result, strictness, around)
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Integrations whose results are not what the service's API answers.
const OF_THEIR_OWN: [&str; 3] = ["apigateway", "http", "eks"];

fn check_service(
    service: &str,
    action: &str,
    result: &Value,
    strictness: Strictness,
    around: &mut dyn Surroundings,
) -> Result<(), Error> {
    let waits = action.ends_with(".sync") || action.ends_with(".sync:2");
    if OF_THEIR_OWN.contains(&service) || waits || action.ends_with(".waitForTaskToken") {
        return Ok(());
    }
    let Some(model) = around.model(service) else { return Ok(()) };
    let mut letters = action.chars();
    let operation: String =
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    // The integration reads the function's answer, which is bytes for the API.
    let payload = (service == "lambda").then(|| without(result, "Payload"));
    models::check(&model, &operation, payload.as_ref().unwrap_or(result), strictness)
}

fn without(value: &Value, name: &str) -> Value {
    match value.as_object() {
        Some(object) => Value::object(object.iter().filter(|(key, _)| *key != name).cloned()),
        None => value.clone(),
    }
}

/// `stateConfiguration`
#[derive(Debug, Default)]
pub(super) struct Configuration {
    pub(super) retried: u64,
    pub(super) failed_iterations: u64,
    pub(super) items: Option<Value>,
}

pub(super) fn configuration(request: &Value, isolated: &Isolated) -> Result<Configuration, Error> {
    let Some(given) = request.get("stateConfiguration") else {
        return Ok(Configuration::default());
    };
    let count = |name: &str| match given.get(name).filter(|count| **count != Value::Null) {
        None => Ok(0),
        Some(count) => {
            let number = count.as_number().and_then(|number| number.as_i64());
            number.and_then(|number| u64::try_from(number).ok()).ok_or_else(|| {
                let value = count.to_json();
                refused(format!(
                    "1 validation error detected: Value '{value}' at 'stateConfiguration.{name}' \
                     failed to satisfy constraint: Member must have value greater than or equal to 0"
                ))
            })
        }
    };
    if let Some(name) = members::text(given, "errorCausedByState") {
        let inner = machines_in(&isolated.state);
        if !inner.iter().any(|machine| find(machine, name).is_some()) {
            // The API's own words are not known.
            let message = format!("The state has no state '{name}' inside that could fail.");
            return Err(refused(message));
        }
    }
    Ok(Configuration {
        retried: count("retrierRetryCount")?,
        failed_iterations: count("mapIterationFailureCount")?,
        items: members::text(given, "mapItemReaderData").map(items),
    })
}

/// What an `ItemReader` reads: a JSON array, or else lines that are JSON or text.
fn items(text: &str) -> Value {
    let parse = |text: &str| json::parse(text.as_bytes()).ok();
    match parse(text) {
        Some(items @ Value::Array(_)) => items,
        _ => Value::array(text.lines().map(|line| parse(line).unwrap_or_else(|| line.into()))),
    }
}
