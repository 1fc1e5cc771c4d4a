//! Bad input, each with the whole message that the user reads.

use faastlane_project::{Options, load};

use crate::Folder;

/// Checks the error of a template.
fn check(template: &str, expected: &str) {
    let folder = Folder::new(&[("template.yaml", template), ("src/app.py", "")]);
    let error = folder.load(&Options::default()).expect_err("the template is wrong");
    assert_eq!(folder.message(&error), expected, "for\n{template}");
}

/// Checks the error of a file.
fn check_file(name: &str, content: &[u8], expected: &str) {
    let folder = Folder::new(&[]);
    let file = folder.path().join(name);
    std::fs::write(&file, content).unwrap();
    let error = load(&file, &Options::default()).expect_err("the file is wrong");
    assert_eq!(folder.message(&error), expected);
}

fn function(properties: &str) -> String {
    format!("Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties: {properties}\n")
}

fn machine(properties: &str) -> String {
    format!(
        "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties: {properties}\n"
    )
}

#[test]
fn unknown_intrinsic_functions() {
    check("Resources:\n  F: !Nope x", "P/template.yaml:2:6: unknown intrinsic function `!Nope`");
    check(
        "Resources:\n  Q: {Type: T, Properties: {Fn::GetAttr: [a, b]}}",
        "P/template.yaml:2:29: unknown intrinsic function `Fn::GetAttr`; did you mean `Fn::GetAtt`?",
    );
}

#[test]
fn missing_files() {
    check(
        &function("{CodeUri: scr, Handler: app.handler}"),
        "P/template.yaml:4:27: CodeUri `scr` does not exist; did you mean `src`?",
    );
    check(
        &function("{CodeUri: functions/check/, Handler: app.handler}"),
        "P/template.yaml:4:27: CodeUri `functions/check/` does not exist; paths are relative to P",
    );
    check(
        &function("{CodeUri: .aws-sam/build/F, Handler: app.handler}"),
        "P/template.yaml:4:27: CodeUri `.aws-sam/build/F` does not exist; run `sam build` first, or use the \
         template beside samconfig.toml",
    );
    check(
        &machine("{DefinitionUri: src/ap.py}"),
        "P/template.yaml:4:33: DefinitionUri `src/ap.py` does not exist; did you mean `src/app.py`?",
    );
    check(
        &machine("{DefinitionUri: src}"),
        "P/template.yaml:4:33: DefinitionUri `src` is a folder, not a file",
    );
    check(
        &machine("{DefinitionUri: s3://bucket/key}"),
        "P/template.yaml:4:33: DefinitionUri `s3://bucket/key` is not on this machine; download it and name \
         the local path",
    );
    check(
        &machine("{DefinitionUri: {Bucket: b, Key: k}}"),
        "P/template.yaml:4:33: DefinitionUri is in S3; name a file on this machine",
    );
}

#[test]
fn properties_that_cannot_be() {
    check(
        &machine("{}"),
        "P/template.yaml:2:3: state machine `M` has no definition: give it a DefinitionUri or a Definition",
    );
    check(
        &machine("{Definition: {}, Type: FAST}"),
        "P/template.yaml:4:40: a state machine is STANDARD or EXPRESS, not `FAST`",
    );
    check(
        &function("{CodeUri: src}"),
        "P/template.yaml:2:3: function `F` has no Handler, such as app.handler",
    );
    let with =
        |property: &str| function(&format!("{{InlineCode: x, Handler: index.h, {property}}}"));
    check(
        &with("Timeout: soon"),
        "P/template.yaml:4:60: Timeout is a number of seconds, not `soon`",
    );
    check(&with("Timeout: 0"), "P/template.yaml:4:60: Timeout is a number of seconds, not `0`");
    check(
        &with("MemorySize: 1.5"),
        "P/template.yaml:4:63: MemorySize is a number of MiB, not `1.5`",
    );
    check(&with("FunctionName: [a]"), "P/template.yaml:4:65: text is wanted here, not array");
    check(
        &with("Environment: {Variables: {A: [1]}}"),
        "P/template.yaml:4:77: the environment variable `A` must be text",
    );
}

#[test]
fn parameters() {
    let with = |parameters: &str| {
        format!("Parameters:\n{parameters}\n{}", machine("{Definition: {Comment: !Ref Url}}"))
    };
    check(
        &with("  Url: {Type: String}"),
        "P/template.yaml:2:3: parameter `Url` has no value and no Default; give one with --parameter Url=VALUE",
    );
    check(
        &with("  Url: {Type: String, Default: !Ref Url}"),
        "P/template.yaml:2:32: the Default of `Url` must be plain text",
    );
}

#[test]
fn circles() {
    check(
        &format!(
            "Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\n{}",
            machine("{Definition: {Comment: !If [A, 1, 2]}}")
        ),
        "P/template.yaml:3:12: circular reference: condition A → condition B → condition A",
    );
    check(
        "Resources:\n  A: {Type: AWS::Lambda::Function, Properties: {FunctionName: !Sub 'x${B}', Handler: a.b, Code: {ZipFile: x}}}\n  \
         B: {Type: AWS::Lambda::Function, Properties: {FunctionName: !Ref A, Handler: a.b, Code: {ZipFile: x}}}",
        "P/template.yaml:2:63: circular reference: A → B → A",
    );
}

#[test]
fn text_that_grows_without_end_is_refused() {
    let mut template = "Resources:\n".to_owned();
    for level in 0..40 {
        let next = level + 1;
        template.push_str(&format!(
            "  Q{level}: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !Sub '${{Q{next}.QueueName}}${{Q{next}.QueueName}}'}}}}\n"
        ));
    }
    template.push_str("  M: {Type: AWS::Serverless::StateMachine, Properties: {Definition: {A: !GetAtt Q0.QueueName}}}\n");
    let folder = Folder::new(&[("template.yaml", &template)]);
    let error = folder.load(&Options::default()).expect_err("2^40 characters are too many");
    assert!(error.to_string().ends_with("functions produce more than 64 MiB of text"), "{error}");
}

#[test]
fn a_chain_of_deep_functions_is_refused() {
    let deep = |level: usize| {
        let join = r#"{"Fn::Join":["",["#.repeat(150);
        let next = level + 1;
        format!(r#"{join}{{"Fn::GetAtt":["Q{next}","QueueName"]}}{}"#, "]]}".repeat(150))
    };
    let queues: String = (0..60)
        .map(|level| {
            let name = deep(level);
            format!(
                r#""Q{level}":{{"Type":"AWS::SQS::Queue","Properties":{{"QueueName":{name}}}}},"#
            )
        })
        .collect();
    let machine = r#""M":{"Type":"AWS::Serverless::StateMachine","Properties":{"Definition":{"A":{"Fn::GetAtt":["Q0","QueueName"]}}}}"#;
    let folder =
        Folder::new(&[("template.json", &format!(r#"{{"Resources":{{{queues}{machine}}}}}"#))]);
    let error = folder.load(&Options::default()).expect_err("9000 levels are too many");
    assert!(error.to_string().ends_with("functions nested deeper than 576 levels"), "{error}");
}

#[test]
fn texts_that_are_not_what_their_name_says() {
    check(
        "Resources:\n  A: b: c",
        "P/template.yaml:2:7: mapping values are not allowed in this context",
    );
    check(
        "Resources: [\n",
        "P/template.yaml:2:1: while parsing a node, did not find expected node content",
    );
    check_file("a.asl.json", b"{\"a\": 1,\n \"b\" 2}", "P/a.asl.json:2:6: expected `:`");
    check_file("a.asl.json", b"", "P/a.asl.json:1:1: the text ends where a value is expected");
    check_file("a.yaml", b"", "P/a.yaml:1:1: the file is empty");
    check_file(
        "a.json",
        b"{\n\"a\": \"\xFF\"}",
        "P/a.json: line 2 is not UTF-8; save the file as UTF-8",
    );
    check_file(
        "a.json",
        b"{}\n\0",
        "P/a.json: line 2 holds a NUL character: this is not a text file",
    );
    check_file(
        "a.json",
        "[".repeat(600).as_bytes(),
        "P/a.json:1:514: nested deeper than 512 levels",
    );
}

#[test]
fn maps_of_functions() {
    let check = |map: &str, expected: &str| {
        let folder = Folder::new(&[("a.asl.json", "{}"), ("map.json", map), ("src/", "")]);
        let options =
            Options { functions: Some(folder.path().join("map.json")), ..Options::default() };
        let error = folder.load(&options).expect_err("the map is wrong");
        assert_eq!(folder.message(&error), expected, "for {map}");
    };
    check(
        "[]",
        "P/map.json:1:1: a map of functions is an object {\"NAME\": {\"code_uri\": \"…\"}}",
    );
    check(r#"{"a": 1}"#, "P/map.json:1:7: the entry of `a` must be an object");
    check(
        r#"{"a": {"code": "src"}}"#,
        "P/map.json:1:8: unknown key `code`; there are code_uri, handler, runtime, env, timeout",
    );
    check(
        r#"{"a": {"code_uri": "scr"}}"#,
        "P/map.json:1:20: code_uri `scr` does not exist; did you mean `src`?",
    );
    check(
        r#"{"a": {"code_uri": "src"}}"#,
        "P/map.json:1:7: `a` needs a handler: its folder has none of app.py, lambda_function.py, index.py, main.py",
    );
    check(
        r#"{"a": {"code_uri": "src", "handler": "a.b", "timeout": 0}}"#,
        "P/map.json:1:56: timeout is a number of seconds above 0",
    );
    check(
        r#"{"a": {"code_uri": "src", "handler": "a.b", "env": {"A": []}}}"#,
        "P/map.json:1:52: env is an object of texts",
    );
    check(r#"{"a": {"code_uri": "src", "handler": 1}}"#, "P/map.json:1:38: handler must be text");
}

#[test]
fn functions_that_are_nowhere() {
    let folder = Folder::new(&[("a.asl.json", "{}")]);
    let options = Options { functions: Some(folder.path().join("nope")), ..Options::default() };
    let error = folder.load(&options).expect_err("there is no such folder");
    let expected = "P/nope: there is no such folder or map of functions (--functions)";
    assert_eq!(folder.message(&error), expected);
}
