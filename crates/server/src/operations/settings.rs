//! Settings of state machines: as requests have them, as the store keeps them (JSON text, with what AWS adds), and as
//! answers show them.

use faastlane_api::Error;
use faastlane_store::Settings;
use faastlane_value::{ObjectBuilder, Value, json};

use super::answer::Answer;
use super::request::Request;

/// `revisionId` of what a machine was when it was made. It is not shown, and callers may name it so (API reference,
/// `PublishStateMachineVersion`, `revisionId`).
pub(super) const FIRST_REVISION: &str = "INITIAL";

/// `loggingConfiguration` with the defaults of what it leaves out.
///
/// # Errors
/// `InvalidLoggingConfiguration`
pub(super) fn logging(request: &Request<'_>) -> Result<Option<String>, Error> {
    let Some(given) = request.object("loggingConfiguration") else { return Ok(None) };
    faastlane_api::check_logging(given)?;
    let mut logging = ObjectBuilder::with_capacity(3);
    if let Some(destinations) = present(given, "destinations") {
        logging.insert("destinations", destinations.clone());
    }
    let data = present(given, "includeExecutionData").cloned();
    logging.insert("includeExecutionData", data.unwrap_or(Value::Bool(false)));
    logging.insert("level", present(given, "level").cloned().unwrap_or_else(|| "OFF".into()));
    Ok(Some(logging.build().to_json()))
}

/// `tracingConfiguration` with its default.
pub(super) fn tracing(request: &Request<'_>) -> Option<String> {
    let given = request.object("tracingConfiguration")?;
    let enabled = present(given, "enabled").cloned().unwrap_or(Value::Bool(false));
    Some(Value::object([("enabled", enabled)]).to_json())
}

/// `encryptionConfiguration`; nothing is encrypted here, it is only kept.
///
/// # Errors
/// `InvalidEncryptionConfiguration`
pub(super) fn encryption(request: &Request<'_>) -> Result<Option<String>, Error> {
    let Some(given) = request.object("encryptionConfiguration") else { return Ok(None) };
    let customer = given.get("type").and_then(Value::as_str) == Some("CUSTOMER_MANAGED_KMS_KEY");
    let key = present(given, "kmsKeyId");
    let period = present(given, "kmsDataKeyReusePeriodSeconds");
    let mut encryption = ObjectBuilder::with_capacity(3);
    match (customer, key) {
        (true, None) => {
            return Err(Error::invalid_encryption(
                "kmsKeyId is needed for CUSTOMER_MANAGED_KMS_KEY.",
            ));
        }
        (true, Some(key)) => {
            encryption.insert("kmsKeyId", key.clone());
            let period = period.cloned().unwrap_or_else(|| Value::from(300));
            encryption.insert("kmsDataKeyReusePeriodSeconds", period);
            encryption.insert("type", "CUSTOMER_MANAGED_KMS_KEY");
        }
        (false, None) if period.is_none() => encryption.insert("type", "AWS_OWNED_KEY"),
        (false, _) => {
            return Err(Error::invalid_encryption("AWS_OWNED_KEY has no key and no period."));
        }
    }
    Ok(Some(encryption.build().to_json()))
}

/// Checks the ARN of a role. Nobody takes that role on here.
///
/// # Errors
/// `InvalidArn`
pub(super) fn check_role(arn: &str) -> Result<(), Error> {
    let mut parts = arn.splitn(6, ':');
    let is = [parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next()];
    match is {
        [Some("arn"), Some(partition), Some("iam"), Some(""), Some(_), Some(role)]
            if partition.starts_with("aws")
                && role.strip_prefix("role/").is_some_and(|role| !role.is_empty()) =>
        {
            Ok(())
        }
        _ => Err(Error::invalid_role(arn)),
    }
}

/// The settings of a machine in an answer, and what follows from its definition.
pub(super) fn shown(
    answer: Answer,
    settings: &Settings,
    revision_id: &str,
    wants_data: bool,
) -> Answer {
    let definition = if wants_data { settings.definition.as_str() } else { "{}" };
    let references = faastlane_api::variable_references(definition);
    let configuration = |text: &Option<String>, default: &str| {
        parsed(text.as_deref().unwrap_or(default)).unwrap_or_else(Value::empty_object)
    };
    answer
        .with("definition", definition)
        .with("roleArn", settings.role_arn.as_str())
        .with(
            "loggingConfiguration",
            configuration(&settings.logging, r#"{"includeExecutionData":false,"level":"OFF"}"#),
        )
        .with("tracingConfiguration", configuration(&settings.tracing, r#"{"enabled":false}"#))
        .with("encryptionConfiguration", shown_encryption(settings.encryption.as_deref()))
        .maybe("revisionId", Some(revision_id).filter(|id| *id != FIRST_REVISION))
        .maybe("variableReferences", references)
}

/// How a machine or activity is encrypted, in an answer.
pub(super) fn shown_encryption(encryption: Option<&str>) -> Value {
    let owned = || Value::object([("type", Value::from("AWS_OWNED_KEY"))]);
    encryption.and_then(parsed).unwrap_or_else(owned)
}

fn present<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.get(name).filter(|member| **member != Value::Null)
}

fn parsed(text: &str) -> Option<Value> {
    json::parse(text.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(member: &str) -> Value {
        json::parse(format!("{{{member}}}").as_bytes()).expect("it is JSON")
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let check = |member: &str, expected: [Option<&str>; 3]| {
            let body = body(member);
            let request = Request { body: &body, credential: None };
            let found = [
                logging(&request).expect("it is right"),
                tracing(&request),
                encryption(&request).expect("it is right"),
            ];
            assert_eq!(found.each_ref().map(Option::as_deref), expected, "{member}");
        };
        check("", [None, None, None]);
        check(
            r#""loggingConfiguration": {}, "tracingConfiguration": {}"#,
            [
                Some(r#"{"includeExecutionData":false,"level":"OFF"}"#),
                Some(r#"{"enabled":false}"#),
                None,
            ],
        );
        check(
            r#""loggingConfiguration": {"level": null, "destinations": []}, "tracingConfiguration": {"enabled": true}"#,
            [
                Some(r#"{"destinations":[],"includeExecutionData":false,"level":"OFF"}"#),
                Some(r#"{"enabled":true}"#),
                None,
            ],
        );
        check(
            r#""encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"}"#,
            [
                None,
                None,
                Some(
                    r#"{"kmsKeyId":"k","kmsDataKeyReusePeriodSeconds":300,"type":"CUSTOMER_MANAGED_KMS_KEY"}"#,
                ),
            ],
        );
    }

    #[test]
    fn settings_that_cannot_be_are_refused() {
        let check = |member: &str, code: &str| {
            let body = body(member);
            let request = Request { body: &body, credential: None };
            let refused = logging(&request).and_then(|_| encryption(&request));
            assert_eq!(refused.map_err(|error| error.code), Err(code), "{member}");
        };
        check(r#""loggingConfiguration": {"level": "ALL"}"#, "InvalidLoggingConfiguration");
        check(
            r#""loggingConfiguration": {"destinations": [{}, {}]}"#,
            "InvalidLoggingConfiguration",
        );
        check(
            r#""encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY"}"#,
            "InvalidEncryptionConfiguration",
        );
        check(
            r#""encryptionConfiguration": {"type": "AWS_OWNED_KEY", "kmsKeyId": "k"}"#,
            "InvalidEncryptionConfiguration",
        );
    }

    #[test]
    fn roles_are_arns_of_iam() {
        assert_eq!(check_role("arn:aws:iam::012345678901:role/DummyRole"), Ok(()));
        assert_eq!(check_role("arn:aws-cn:iam::012345678901:role/service-role/x"), Ok(()));
        for wrong in
            ["", "role", "arn:aws:iam::1:user/u", "arn:aws:iam::1:role/", "arn:aws:s3:::role/x"]
        {
            assert_eq!(check_role(wrong), Err(Error::invalid_role(wrong)), "{wrong}");
        }
    }
}
