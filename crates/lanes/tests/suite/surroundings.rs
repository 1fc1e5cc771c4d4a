//! What a handler sees around it: `context`, environment variables, descriptors.

use std::time::Duration;

use faastlane_lanes::Pool;

use crate::KIND;

use super::harness::{Kind, call, finish, folder, function, options, run};

fn check(expression: &str, expected: &str) {
    let code = format!("import os, sys\ndef handler(event, context): return {expression}\n");
    let root = folder(&[("app.py", &code)]);
    let mut function = function(root.path());
    function.environment = vec![("STAGE".to_owned(), "test".to_owned())];
    assert_eq!(run(function, "{}").returned(), expected, "{expression}");
}

#[test]
fn context_has_what_lambda_documents() {
    check("context.aws_request_id", r#""8f7d2c1e-0000-4000-8000-000000000000""#);
    check("context.function_name", r#""test""#);
    check("context.function_version", r#""$LATEST""#);
    check(
        "context.invoked_function_arn",
        r#""arn:aws:lambda:us-east-1:123456789012:function:test""#,
    );
    check("context.memory_limit_in_mb", r#""128""#);
    check("context.log_group_name", r#""/aws/lambda/test""#);
    check("context.log_stream_name == os.environ['AWS_LAMBDA_LOG_STREAM_NAME']", "true");
    check("context.log_stream_name[4:5] + context.log_stream_name[10:20]", r#""//[$LATEST]""#);
    check("[context.client_context, context.tenant_id, context.w3c()]", "[null, null, {}]");
    check(
        "[context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id]",
        "[null, null]",
    );
    check("context.log('x')", "null");
}

#[test]
fn the_remaining_time_counts_down() {
    check("50000 < context.get_remaining_time_in_millis() <= 60000", "true");
    let root = folder(&[(
        "app.py",
        "def handler(event, context):\n    first = last = context.get_remaining_time_in_millis()\n    \
         while last == first: last = context.get_remaining_time_in_millis()\n    return last < first\n",
    )]);
    assert_eq!(run(function(root.path()), "{}").returned(), "true");
}

#[test]
fn the_client_context_is_an_object() {
    let root = folder(&[(
        "app.py",
        "import os\ndef handler(event, context):\n    c = context.client_context\n    \
         return [c.custom, c.env, c.client.app_title, os.environ.get('_X_AMZN_TRACE_ID')]\n",
    )]);
    let mut pool = Pool::new(vec![function(root.path())], options()).unwrap();
    let mut with_context = call(1, 0, "{}");
    with_context.client_context =
        Some(r#"{"custom": {"a": 1}, "client": {"app_title": "é"}}"#.to_owned());
    with_context.trace_id = Some("Root=1-2-3".to_owned());
    pool.call(with_context);
    assert_eq!(finish(&mut pool, 1)[0].returned(), r#"[{"a": 1}, null, "\u00e9", "Root=1-2-3"]"#);
    pool.call(call(2, 0, "{}"));
    assert_eq!(finish(&mut pool, 1)[0].failed().0, "AttributeError");
}

#[test]
fn the_environment_is_that_of_lambda_and_little_else() {
    // Those which Python itself may set for a locale that is not installed are left out.
    let names = "sorted(set(os.environ) - {'LC_CTYPE', 'TMPDIR'} - {n for n in os.environ if n.lower().endswith('_proxy')})";
    check(
        names,
        concat!(
            r#"["AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "#,
            r#""AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "#,
            r#""AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "#,
            r#""AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "HOME", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "#,
            r#""LANG", "PATH", "STAGE", "TZ", "_HANDLER"]"#
        ),
    );
    check(
        "[os.environ[n] for n in ('STAGE', 'AWS_REGION', 'TZ', '_HANDLER', 'AWS_EXECUTION_ENV')]",
        r#"["test", "us-east-1", ":UTC", "app.handler", "AWS_Lambda_python3.11"]"#,
    );
}

#[test]
fn the_functions_own_region_wins() {
    let root = folder(&[(
        "app.py",
        "import os\ndef handler(event, context): return [os.environ['AWS_REGION'], os.environ['AWS_DEFAULT_REGION']]\n",
    )]);
    let mut function = function(root.path());
    function.environment = vec![("AWS_REGION".to_owned(), "eu-west-1".to_owned())];
    assert_eq!(run(function, "{}").returned(), r#"["eu-west-1", "eu-west-1"]"#);
}

#[test]
fn few_descriptors_are_open_besides_the_standard_streams() {
    // One is that of the listing.
    let open = match KIND {
        Kind::Portable => "5",   // The channel.
        Kind::Process => "5",    // The doorbell.
        Kind::Namespaces => "6", // The doorbell, and the folder of the code.
    };
    check("len(os.listdir('/proc/self/fd'))", open);
    check("os.read(0, 1) == b''", "true");
}

#[test]
fn subprocesses_get_the_standard_streams_only() {
    let code = "import subprocess, sys, os\n\
        LIST = 'import os; print(sorted(int(n) for n in os.listdir(\"/proc/self/fd\"))[:-1])'\n\
        def handler(event, context):\n    \
            out = subprocess.run([sys.executable, '-c', LIST], stdout=subprocess.PIPE, close_fds=False).stdout\n    \
            return out.decode().strip()\n";
    let root = folder(&[("app.py", code)]);
    assert_eq!(run(function(root.path()), "{}").returned(), r#""[0, 1, 2]""#);
}

#[test]
fn a_fork_of_the_handler_cannot_speak_for_it() {
    let code = "import os\n\
        def handler(event, context):\n    \
            pid = os.fork()\n    \
            if pid == 0: return 'child'\n    \
            os.waitpid(pid, 0)\n    \
            return 'parent'\n";
    let root = folder(&[("app.py", code)]);
    let mut function = function(root.path());
    function.timeout = Duration::from_secs(20);
    assert_eq!(run(function, "{}").returned(), r#""parent""#);
}
