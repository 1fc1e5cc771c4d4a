//! Requests of all operations: their shapes, as data, and the check of a body against them.
//!
//! The shapes are written down here and not read from the service's model, which is no part of this
//! project. A test of the whole server holds both against each other.

mod check;
mod shape;
mod table;

use faastlane_value::Value;

use crate::Error;

/// The operation of this name, as a text that lives on.
#[must_use]
pub fn operation(name: &str) -> Option<&'static str> {
    entry(name).map(|(known, _)| *known)
}

/// The names of all operations, in alphabetical order.
pub fn operations() -> impl Iterator<Item = &'static str> {
    table::OPERATIONS.iter().map(|(name, _)| *name)
}

/// Checks the body of a request: members that must be there, types, lengths, ranges, values. Members
/// that no model knows are ignored.
///
/// # Errors
/// `UnknownOperationException`, `SerializationException`, `ValidationException`
pub fn check_request(operation: &str, body: &Value) -> Result<(), Error> {
    let (_, members) = entry(operation).ok_or_else(|| Error::unknown_operation(operation))?;
    check::check(members, body)
}

fn entry(name: &str) -> Option<&'static (&'static str, &'static [shape::Member])> {
    let at = table::OPERATIONS.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    table::OPERATIONS.get(at)
}

#[cfg(test)]
mod tests {
    use faastlane_value::json;

    use super::*;

    #[track_caller]
    fn check(operation: &str, body: &str, expected: Option<&str>) {
        let body = json::parse(body.as_bytes()).expect("it is JSON");
        let refused = check_request(operation, &body).err().map(|error| error.to_string());
        assert_eq!(refused.as_deref(), expected, "{operation} {}", body.to_json());
    }

    #[test]
    fn operations_are_found_by_their_names() {
        assert!(table::OPERATIONS.is_sorted_by_key(|(name, _)| *name));
        for name in operations() {
            assert_eq!(operation(name), Some(name));
        }
        check("Explode", "{}", Some("UnknownOperationException: There is no operation 'Explode'"));
    }

    #[test]
    fn constraints_have_the_words_of_aws() {
        let check = |operation: &str, body: &str, expected: &str| {
            let count = expected.matches("failed to satisfy").count();
            let noun = if count == 1 { "error" } else { "errors" };
            let expected =
                format!("ValidationException: {count} validation {noun} detected: {expected}");
            check(operation, body, Some(&expected));
        };
        let long = "a".repeat(81);
        check(
            "CreateActivity",
            &format!(r#"{{"name": "{long}"}}"#),
            &format!(
                "Value '{long}' at 'name' failed to satisfy constraint: Member must have length less than or equal to 80"
            ),
        );
        check(
            "CreateActivity",
            r#"{"name": ""}"#,
            "Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1",
        );
        check(
            "CreateActivity",
            "{}",
            "Value null at 'name' failed to satisfy constraint: Member must not be null",
        );
        check(
            "CreateStateMachine",
            r#"{"name": "n", "definition": "{}", "type": "QUICK"}"#,
            "Value null at 'roleArn' failed to satisfy constraint: Member must not be null; \
             Value 'QUICK' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [STANDARD, EXPRESS]",
        );
        check(
            "ListExecutions",
            r#"{"statusFilter": "succeeded"}"#,
            "Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]",
        );
        check(
            "ListStateMachines",
            r#"{"maxResults": 1001}"#,
            "Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000",
        );
        check(
            "ListStateMachines",
            r#"{"maxResults": -1}"#,
            "Value '-1' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 0",
        );
        let large = "x".repeat(262_145);
        check(
            "StartExecution",
            &format!(r#"{{"stateMachineArn": "a", "input": "{large}"}}"#),
            "Value at 'input' failed to satisfy constraint: Member must have size less than or equal to 262144 bytes in UTF-8 encoding",
        );
        check(
            "StartExecution",
            r#"{"stateMachineArn": "a", "traceHeader": "ä"}"#,
            r"Value 'ä' at 'traceHeader' failed to satisfy constraint: Member must satisfy regular expression pattern: \p{ASCII}*",
        );
        check(
            "CreateStateMachineAlias",
            r#"{"name": "123", "routingConfiguration": [{"stateMachineVersionArn": "v", "weight": 101}]}"#,
            r"Value '123' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$; Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must have value less than or equal to 100",
        );
        check(
            "CreateStateMachineAlias",
            r#"{"name": "a", "routingConfiguration": [{"stateMachineVersionArn": "v:1", "weight": 50}, {"stateMachineVersionArn": "v:2", "weight": 30}, {"stateMachineVersionArn": "v:3", "weight": 20}]}"#,
            "Value '[RoutingConfigurationListItem(stateMachineVersionArn=v:1, weight=50), RoutingConfigurationListItem(stateMachineVersionArn=v:2, weight=30), RoutingConfigurationListItem(stateMachineVersionArn=v:3, weight=20)]' at 'routingConfiguration' failed to satisfy constraint: Member must have length less than or equal to 2",
        );
        check(
            "TagResource",
            r#"{"resourceArn": "a", "tags": [{"key": "k", "value": "v"}, {"key": "", "value": null}, null]}"#,
            "Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1; \
             Value null at 'tags.3.member' failed to satisfy constraint: Member must not be null",
        );
        check(
            "UpdateMapRun",
            r#"{"mapRunArn": "a", "toleratedFailurePercentage": 100.5}"#,
            "Value '100.5' at 'toleratedFailurePercentage' failed to satisfy constraint: Member must have value less than or equal to 100",
        );
        check(
            "RedriveExecution",
            r#"{"executionArn": "a", "clientToken": "a b"}"#,
            "Value 'a b' at 'clientToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [!-~]+",
        );
    }

    #[test]
    fn wrong_types_do_not_come_so_far() {
        let check = |operation: &str, body: &str, expected: &str| {
            check(operation, body, Some(&format!("SerializationException: {expected}")));
        };
        check("CreateActivity", r#"{"name": 1}"#, "NUMBER_VALUE cannot be converted to String");
        check("CreateActivity", r#"{"name": true}"#, "TRUE_VALUE cannot be converted to String");
        check(
            "CreateActivity",
            r#"{"name": {}}"#,
            "Start of structure or map found where not expected",
        );
        check("CreateActivity", r#"{"name": []}"#, "Start of list found where not expected");
        check(
            "CreateActivity",
            r#"{"name": "n", "tags": "t"}"#,
            "Unexpected token received from parser",
        );
        check(
            "CreateActivity",
            r#"{"name": "n", "tags": {}}"#,
            "Start of structure or map found where not expected",
        );
        check(
            "ListStateMachines",
            r#"{"maxResults": "1"}"#,
            "STRING_VALUE cannot be converted to Integer",
        );
        check(
            "ListStateMachines",
            r#"{"maxResults": 1.5}"#,
            "NUMBER_VALUE cannot be converted to Integer",
        );
        check("ListStateMachines", "[]", "Start of list found where not expected");
        check("ListStateMachines", "null", "Unexpected token received from parser");
    }

    #[test]
    fn what_no_model_knows_and_what_is_null_is_ignored() {
        check("ListStateMachines", r#"{"maxResults": null, "colour": ["red"]}"#, None);
        check("GetExecutionHistory", r#"{"executionArn": "a", "reverseOrder": true}"#, None);
        check("TestState", r#"{"definition": "{}", "mock": {"errorOutput": {}}}"#, None);
    }
}
