//! The context object of a request.

use faastlane_asl::Kind;
use faastlane_value::{Value, json};

use crate::{Error, members};

/// The type of a member.
type Is = fn(&Value) -> bool;

const TEXT: Is = |value| matches!(value, Value::String(_));
const NUMBER: Is = |value| matches!(value, Value::Number(_));
const ANY: Is = |_| true;

/// The members that each part may have: "Context object" in the AWS developer guide.
const PARTS: [(&str, &[(&str, Is)]); 4] = [
    (
        "Execution",
        &[
            ("Id", TEXT),
            ("Input", ANY),
            ("Name", TEXT),
            ("RoleArn", TEXT),
            ("StartTime", TEXT),
            ("RedriveCount", NUMBER),
            ("RedriveTime", TEXT),
        ],
    ),
    ("State", &[("EnteredTime", TEXT), ("Name", TEXT), ("RetryCount", NUMBER)]),
    ("StateMachine", &[("Id", TEXT), ("Name", TEXT)]),
    ("Task", &[("Token", TEXT)]),
];

const ITEM: [(&str, Is); 4] = [("Index", NUMBER), ("Value", ANY), ("Key", TEXT), ("Source", TEXT)];

/// The context object, if one is given.
///
/// That members are checked was recorded, and the code of the error, but not its words.
pub(super) fn read(request: &Value, kind: &Kind, is_mocked: bool) -> Result<Option<Value>, Error> {
    let Some(text) = members::text(request, "context") else { return Ok(None) };
    let refused = |why: String| {
        Error::new("ValidationException", format!("Invalid Context object provided: {why}"))
    };
    let context = json::parse(text.as_bytes()).map_err(|error| refused(error.to_string()))?;
    let Some(parts) = context.as_object() else {
        return Err(refused("it must be a JSON object".to_owned()));
    };
    for (name, part) in parts.iter() {
        let known = PARTS.iter().find(|(known, _)| name == known);
        match (known, name.as_str()) {
            (Some((_, members)), _) => check(name, part, members).map_err(refused)?,
            (None, "Map") => {
                let item = part.get("Item").unwrap_or(part);
                check("Map.Item", item, &ITEM).map_err(refused)?;
            }
            (None, _) => return Err(refused(format!("the field '{name}' is not known"))),
        }
    }
    let waits_for_token = match kind {
        Kind::Task(task) => task.resource.waits_for_token(),
        _ => false,
    };
    if context.get("Task").is_some() && !(waits_for_token && is_mocked) {
        return Err(refused("only a task that waits for a token has a field 'Task'".to_owned()));
    }
    Ok(Some(context))
}

fn check(name: &str, part: &Value, members: &[(&str, Is)]) -> Result<(), String> {
    let part = part.as_object().ok_or_else(|| format!("'{name}' must be an object"))?;
    for (member, value) in part.iter() {
        match members.iter().find(|(known, _)| member == known) {
            Some((_, is)) if is(value) => {}
            Some(_) => return Err(format!("'{name}.{member}' is of a wrong type")),
            None => return Err(format!("the field '{name}.{member}' is not known")),
        }
    }
    Ok(())
}
