//! Names and ARNs: what a project's resources are called, and what a definition may call them.
//!
//! Everything local lives in one region of one account, which never reach AWS.

/// The region of all made-up ARNs.
pub const REGION: &str = "us-east-1";

/// The account of all made-up ARNs.
pub const ACCOUNT: &str = "123456789012";

/// The function name in any of the forms that Lambda's Invoke takes: `name`, `name:qualifier`,
/// `123456789012:function:name`, a whole ARN, each with or without a version or alias.
///
/// Partition, region and account are not compared: a definition written for another account still
/// means the function of that name. `None` for the ARN of anything but a function.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
#[must_use]
pub fn function_name(reference: &str) -> Option<&str> {
    let parts: Vec<&str> = reference.split(':').collect();
    let name = match parts.as_slice() {
        ["arn", _, "lambda", _, _, "function", name]
        | ["arn", _, "lambda", _, _, "function", name, _]
        | [_, "function", name]
        | [_, "function", name, _]
        | [name]
        | [name, _] => *name,
        _ => return None,
    };
    (!name.is_empty()).then_some(name)
}

/// The ARN of the function `name`, without version or alias.
#[must_use]
pub fn of_function(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
}

/// The ARN of the state machine `name`.
#[must_use]
pub fn of_state_machine(name: &str) -> String {
    format!("arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_names_the_function() {
        for reference in [
            "check",
            "check:$LATEST",
            "check:live",
            "123456789012:function:check",
            "123456789012:function:check:7",
            "arn:aws:lambda:us-east-1:123456789012:function:check",
            "arn:aws:lambda:eu-west-1:999999999999:function:check:$LATEST",
            "arn:aws-cn:lambda:cn-north-1:123456789012:function:check:live",
        ] {
            assert_eq!(function_name(reference), Some("check"), "for {reference}");
        }
    }

    #[test]
    fn other_things_are_no_functions() {
        for reference in [
            "",
            "arn:aws:states:::lambda:invoke",
            "arn:aws:states:us-east-1:123456789012:activity:check",
            "arn:aws:lambda:us-east-1:123456789012:layer:check:1",
            "arn:aws:lambda:us-east-1:123456789012:function:",
        ] {
            assert_eq!(function_name(reference), None, "for {reference}");
        }
    }
}
