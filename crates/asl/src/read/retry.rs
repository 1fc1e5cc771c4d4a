//! `Retry` and `Catch`.

use faastlane_value::ArcStr;
use faastlane_value::located::{Data, Node};

use super::fields::Fields;
use super::states::strings;
use super::{Pointer, Reader, Scope};
use crate::{Catcher, Code, Retrier};

const ALL: &str = "States.ALL";

/// What names of the language itself start with; no function may raise an error of such a name.
const RESERVED: &str = "States.";

/// The names it has, without `States.`; those of HTTP tasks carry a status code after a dot.
///
/// <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>
const NAMES: [&str; 18] = [
    "ALL",
    "BranchFailed",
    "DataLimitExceeded",
    "ExceedToleratedFailureThreshold",
    "HeartbeatTimeout",
    "Http.Socket",
    "Http.StatusCode",
    "IntrinsicFailure",
    "ItemReaderFailed",
    "NoChoiceMatched",
    "ParameterPathFailure",
    "Permissions",
    "QueryEvaluationError",
    "ResultPathMatchFailure",
    "ResultWriterFailed",
    "Runtime",
    "TaskFailed",
    "Timeout",
];

impl Reader {
    pub(super) fn retriers(&mut self, fields: &mut Fields<'_>) -> Vec<Retrier> {
        let mut retriers = Vec::new();
        let pointer = fields.pointer.key("Retry");
        let entries = self.entries(fields, "Retry");
        for (at, entry) in entries.iter().enumerate() {
            let last = at + 1 == entries.len();
            retriers.extend(self.retrier(entry, &pointer.index(at), last));
        }
        retriers
    }

    fn retrier(&mut self, node: &Node, pointer: &Pointer<'_>, last: bool) -> Option<Retrier> {
        let mut fields = Fields::new(self, node, pointer)?;
        fields.allow(&["Comment"]);
        let jitter = fields.text(self, "JitterStrategy");
        if jitter.as_deref().is_some_and(|strategy| strategy != "FULL" && strategy != "NONE") {
            let message = "JitterStrategy must be \"FULL\" or \"NONE\"";
            let place = fields.place_of("JitterStrategy");
            self.schema_error(message, &pointer.key("JitterStrategy"), place);
        }
        let retrier = Retrier {
            error_equals: self.error_equals(&mut fields, last),
            interval_seconds: fields.integer(self, "IntervalSeconds", 0).unwrap_or(1),
            max_attempts: fields.integer(self, "MaxAttempts", 0).unwrap_or(3),
            backoff_rate: fields.decimal(self, "BackoffRate", 1.0).unwrap_or(2.0),
            max_delay_seconds: fields.integer(self, "MaxDelaySeconds", 1),
            full_jitter: jitter.as_deref() == Some("FULL"),
        };
        fields.refuse_unknown(self);
        Some(retrier)
    }

    pub(super) fn catchers(&mut self, fields: &mut Fields<'_>, scope: &Scope<'_>) -> Vec<Catcher> {
        let mut catchers = Vec::new();
        let pointer = fields.pointer.key("Catch");
        let entries = self.entries(fields, "Catch");
        for (at, entry) in entries.iter().enumerate() {
            let last = at + 1 == entries.len();
            let jsonata = fields.jsonata;
            catchers.extend(self.catcher(entry, &pointer.index(at), scope, (jsonata, last)));
        }
        catchers
    }

    fn catcher(
        &mut self,
        node: &Node,
        pointer: &Pointer<'_>,
        scope: &Scope<'_>,
        (jsonata, last): (bool, bool),
    ) -> Option<Catcher> {
        let mut fields = Fields::new(self, node, pointer)?;
        fields.jsonata = jsonata;
        fields.allow(&["Comment"]);
        let error_equals = self.error_equals(&mut fields, last);
        let result_path = fields.result_path(self);
        let output = fields.output(self);
        let assign = self.assign(&mut fields);
        fields.required(self, "Next");
        let next = fields.text(self, "Next");
        fields.refuse_unknown(self);
        let next = self.target(&next?, scope, &pointer.key("Next"), fields.place_of("Next"))?;
        Some(Catcher { error_equals, result_path, output, assign, next })
    }

    fn entries<'n>(&mut self, fields: &mut Fields<'n>, name: &'static str) -> &'n [Node] {
        match fields.node(name) {
            None => &[],
            Some(Node { data: Data::Array(items), .. }) => items,
            Some(node) => {
                let pointer = fields.pointer.key(name);
                self.schema_error("Expected value of type Array", &pointer, node.place);
                &[]
            }
        }
    }

    /// `ErrorEquals`: names, and `States.ALL` only alone and in the last entry.
    fn error_equals(&mut self, fields: &mut Fields<'_>, last: bool) -> Vec<ArcStr> {
        let Some(node) = fields.required(self, "ErrorEquals") else { return Vec::new() };
        let pointer = fields.pointer.key("ErrorEquals");
        let names = strings(node).unwrap_or_default();
        if names.is_empty() {
            let message = "Expected an array of error names, at least one";
            self.schema_error(message, &pointer, node.place);
        }
        if names.iter().any(|name| name == ALL) && !(last && names.len() == 1) {
            let message = "States.ALL must stand alone, in the last entry";
            self.schema_error(message, &pointer, node.place);
        }
        self.warn_of_unknown_names(node, &pointer);
        names
    }

    /// AWS takes them, and they match nothing.
    fn warn_of_unknown_names(&mut self, node: &Node, pointer: &Pointer<'_>) {
        let Data::Array(names) = &node.data else { return };
        for (at, name) in names.iter().enumerate() {
            let Some(text) = name.as_str() else { continue };
            if text.strip_prefix(RESERVED).is_some_and(|name| !is_known(name)) {
                let message = format!("Step Functions raises no error {text}: this never matches");
                let pointer = pointer.index(at);
                self.warning(Code::SchemaValidationFailed, message, &pointer, name.place);
            }
        }
    }
}

fn is_known(name: &str) -> bool {
    NAMES.contains(&name) || name.starts_with("Http.StatusCode.")
}
