//! `Resource` of a Task: a function, an activity or a service integration.
//!
//! Of integrations, only those are checked whose list of actions is short and settled. To refuse an
//! action that AWS has added since would be worse than to let a wrong one through to the state that
//! calls it.

use faastlane_value::located::{Member, Node, Place};
use faastlane_value::{ArcStr, intern};

use super::fields::Fields;
use super::{MachineType, Pointer, Reader};
use crate::{Resource, Service};

/// Service, action, and the patterns that the action also has.
type Integration = (&'static str, &'static str, &'static [&'static str]);

/// Every integration of a few services ("Integrating optimized services" in the AWS developer guide).
const SETTLED: [Integration; 12] = [
    ("apigateway", "invoke", &[".waitForTaskToken"]),
    ("dynamodb", "deleteItem", &[]),
    ("dynamodb", "getItem", &[]),
    ("dynamodb", "putItem", &[]),
    ("dynamodb", "updateItem", &[]),
    ("ecs", "runTask", &[".sync", ".waitForTaskToken"]),
    ("events", "putEvents", &[".waitForTaskToken"]),
    ("http", "invoke", &[]),
    ("lambda", "invoke", &[".waitForTaskToken"]),
    ("sns", "publish", &[".waitForTaskToken"]),
    ("sqs", "sendMessage", &[".waitForTaskToken"]),
    ("states", "startExecution", &[".sync", ".sync:2", ".waitForTaskToken"]),
];

/// Parameters of Lambda's Invoke.
const INVOKE: [&str; 6] =
    ["FunctionName", "Payload", "Qualifier", "InvocationType", "LogType", "ClientContext"];

impl Reader {
    pub(super) fn resource(&mut self, fields: &Fields<'_>, text: &ArcStr) -> Option<Resource> {
        let pointer = fields.pointer.key("Resource");
        let place = fields.place_of("Resource");
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts[..] {
            ["arn", _, "states", _, _, activity] if activity.starts_with("activity:") => {
                if self.machine_type == MachineType::Express {
                    let message = "Express state machine does not support activities";
                    self.schema_error(message, &pointer, place);
                }
                Some(Resource::Activity(intern(text)))
            }
            ["arn", _, "states", _, _, integration] => match split(integration) {
                Some((service, action)) if is_known(service, action) => {
                    self.check_pattern(action, &pointer, place);
                    if service == "lambda" {
                        self.check_invoke(fields);
                    }
                    let (service, action) = (intern(service), intern(action));
                    Some(Resource::Service(Service { arn: text.clone(), service, action }))
                }
                _ => self.unknown_resource(text, &pointer, place),
            },
            ["arn", _, "states", ..] => self.unknown_resource(text, &pointer, place),
            [""] => {
                self.schema_error("Resource must not be empty", &pointer, place);
                None
            }
            _ => Some(Resource::Function(intern(text))),
        }
    }

    fn unknown_resource(
        &mut self,
        text: &str,
        pointer: &Pointer<'_>,
        place: Place,
    ) -> Option<Resource> {
        let message = format!(
            "The resource provided {text} is not recognized. The value is not a valid resource \
             ARN, or the resource is not available in this region."
        );
        self.schema_error(message, pointer, place);
        None
    }

    /// `lambda:invoke` needs a function and takes nothing that Lambda's Invoke does not.
    fn check_invoke(&mut self, fields: &Fields<'_>) {
        let field = fields.parameters_name();
        if fields.is_expression(field) {
            return;
        }
        let pointer = fields.pointer.key(field);
        let members = fields.node.get(field).map(Node::members).unwrap_or_default();
        let name = |member: &Member| match fields.jsonata {
            true => member.key.to_string(),
            false => member.key.trim_end_matches(".$").to_owned(),
        };
        if !members.iter().any(|member| name(member) == "FunctionName") {
            let message = "The field \"FunctionName\" is required but was missing";
            self.schema_error(message, &pointer, fields.place_of(field));
        }
        for member in members.iter().filter(|member| !INVOKE.contains(&name(member).as_str())) {
            let message =
                format!("The field \"{}\" is not supported by Step Functions", member.key);
            self.schema_error(message, &pointer, member.key_place);
        }
    }

    /// Express machines wait for nobody.
    fn check_pattern(&mut self, action: &str, pointer: &Pointer<'_>, place: Place) {
        let Some((_, pattern)) = action.split_once('.') else { return };
        let waits = pattern.starts_with("sync") || pattern == "waitForTaskToken";
        if waits && self.machine_type == MachineType::Express {
            // AWS's text ends with a space.
            let message =
                format!("Express state machine does not support '.{pattern}' service integration ");
            self.schema_error(message, pointer, place);
        }
    }
}

/// Service and action of `SERVICE:ACTION` or `aws-sdk:SERVICE:ACTION`; an action may hold a colon.
fn split(integration: &str) -> Option<(&str, &str)> {
    let sdk = integration.strip_prefix("aws-sdk:").map(|rest| integration.len() - rest.len());
    let start = sdk.unwrap_or(0);
    let colon = start + integration[start..].find(':')?;
    let (service, action) = (&integration[..colon], &integration[colon + 1..]);
    (colon > start && !action.is_empty()).then_some((service, action))
}

fn is_known(service: &str, action: &str) -> bool {
    let mut settled = SETTLED.iter().filter(|(name, ..)| *name == service).peekable();
    settled.peek().is_none()
        || settled.any(|(_, name, patterns)| {
            let pattern = action.strip_prefix(name);
            pattern.is_some_and(|pattern| pattern.is_empty() || patterns.contains(&pattern))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrations_have_a_service_and_an_action() {
        let check = |text: &str, expected| assert_eq!(split(text), expected, "{text}");
        check("lambda:invoke", Some(("lambda", "invoke")));
        check("states:startExecution.sync:2", Some(("states", "startExecution.sync:2")));
        check("aws-sdk:s3:getObject", Some(("aws-sdk:s3", "getObject")));
        for text in ["", "lambda", "lambda:", ":invoke", "aws-sdk:s3", "aws-sdk::getObject"] {
            check(text, None);
        }
    }

    #[test]
    fn settled_services_have_the_actions_of_the_guide() {
        let check = |service, action, expected| {
            assert_eq!(is_known(service, action), expected, "{service}:{action}");
        };
        check("dynamodb", "getItem", true);
        check("dynamodb", "query", false);
        check("dynamodb", "getItem.waitForTaskToken", false);
        check("sqs", "sendMessage.waitForTaskToken", true);
        check("sqs", "sendMessages", false);
        check("states", "startExecution.sync:2", true);
        check("glue", "startJobRun.sync", true);
        check("aws-sdk:dynamodb", "query", true);
    }
}
