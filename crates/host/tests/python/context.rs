//! What a handler finds beside its event.

use faastlane_host::Input;
use faastlane_value::json;

use crate::lane::{Answer, Handler, Python};

/// Evaluates its event; `made` is a context that the runner's own `__init__` has made.
const EVALUATE: &str = "
import os
def handler(event, context):
    made = type(context)(context.aws_request_id, '', context._epoch_deadline_time_in_ms)
    return eval(event, dict(globals(), context=context, made=made))
";

fn check(handler: &mut Handler, expression: &str, text: &str) {
    check_with(handler, expression, "", "", text);
}

fn check_with(handler: &mut Handler, expression: &str, client: &str, trace: &str, text: &str) {
    let event = serde_json::Value::from(expression).to_string();
    let answer = handler.call_with(Input::Text(event.as_bytes()), client, trace);
    let expected = Answer::Plain(json::parse(text.as_bytes()).unwrap());
    assert_eq!(answer, expected, "{expression}");
}

#[test]
fn a_context_is_the_one_of_the_runner() {
    crate::lane::for_each_python("context::a_context_is_the_one_of_the_runner", |python| {
        let mut handler = python.load(EVALUATE);
        let equal = [
            "list(vars(context)) == list(vars(made))",
            "repr(context) == repr(made)",
            "dir(context) == dir(made)",
            "type(context.identity) is type(made.identity)",
            "context.identity is not made.identity",
            "context._w3c_fields is not made._w3c_fields",
            "0 < context.get_remaining_time_in_millis() <= 60000",
        ];
        for expression in equal {
            check(&mut handler, expression, "true");
        }
        check(
            &mut handler,
            "[context.function_name, context.invoked_function_arn, context.client_context, context.w3c()]",
            r#"["test", "arn:test", null, {}]"#,
        );
        let id = serde_json::json!([crate::lane::REQUEST_ID, null]).to_string();
        check(&mut handler, "[context.aws_request_id, context.identity.cognito_identity_id]", &id);
    });
}

#[test]
fn contexts_do_not_share_what_can_be_changed() {
    const CODE: &str = "
seen = []
def handler(event, context):
    seen.append((context.identity.cognito_identity_id, context.w3c(), hasattr(context, 'own')))
    context.identity.cognito_identity_id = 'changed'
    context._w3c_fields['changed'] = 1
    context.own = context
    return seen
";
    let check = |python: &Python| {
        let mut handler = python.load(CODE);
        handler.call_frame("null");
        let expected = json::parse(b"[[null, {}, false], [null, {}, false]]").unwrap();
        assert_eq!(handler.call_frame("null"), Answer::Plain(expected));
    };
    crate::lane::for_each_python("context::contexts_do_not_share_what_can_be_changed", check);
}

#[test]
fn client_contexts_and_trace_ids() {
    crate::lane::for_each_python("context::client_contexts_and_trace_ids", |python| {
        let mut handler = python.load(EVALUATE);
        let client =
            r#"{"custom": {"a": 1}, "client": {"app_title": "t"}, "w3c": {"traceparent": "00"}}"#;
        let expression = "[context.client_context.custom, context.client_context.client.app_title, context.w3c()]";
        let expected = r#"[{"a": 1}, "t", {"traceparent": "00"}]"#;
        check_with(&mut handler, expression, client, "", expected);
        check(&mut handler, "context.client_context", "null");

        let trace = "os.environ.get('_X_AMZN_TRACE_ID')";
        check(&mut handler, trace, "null");
        for id in ["Root=1", "Root=1", "Root=2"] {
            check_with(&mut handler, trace, "", id, &format!("\"{id}\""));
        }
        // Even one that the handler itself has changed.
        check_with(&mut handler, "os.environ.update(_X_AMZN_TRACE_ID='own')", "", "Root=2", "null");
        check_with(&mut handler, trace, "", "Root=2", "\"Root=2\"");
        check(&mut handler, trace, "null");
    });
}

#[test]
fn python_is_set_up_as_the_command_would() {
    crate::lane::for_each_python("context::python_is_set_up_as_the_command_would", |python| {
        let mut handler = python.load(&format!("import sys, threading, signal\n{EVALUATE}"));
        let expected = python.run(
            "import sys; print([sys.executable, sys.prefix, sys.flags.utf8_mode, \
             sys.stdout.encoding, sys.stdout.errors, sys.stderr.errors, sys.getfilesystemencoding()])",
        );
        let expression = "str([sys.executable, sys.prefix, sys.flags.utf8_mode, sys.stdout.encoding, \
             sys.stdout.errors, sys.stderr.errors, sys.getfilesystemencoding()])";
        check(&mut handler, expression, &serde_json::Value::from(expected).to_string());
        check(&mut handler, "[__name__, sys.path[0] == os.getcwd()]", "[\"app\", true]");
        check(&mut handler, "threading.current_thread() is threading.main_thread()", "true");
        check(&mut handler, "dict(os.environ).get('HOME')", "null");
    });
}
