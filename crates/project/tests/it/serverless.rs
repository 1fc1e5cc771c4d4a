//! Services of the Serverless Framework with the plugin serverless-step-functions.

use std::time::Duration;

use faastlane_project::{Code, Function, Handler, Kind, Options, Project};
use faastlane_value::located::Node;

use crate::{Folder, definition, parameters};

fn function<'p>(project: &'p Project, reference: &str) -> &'p Function {
    project.function(reference).unwrap_or_else(|| panic!("no function {reference}"))
}

/// A service whose only machine's comment is `value`, with `more` sections.
fn service(value: &str, more: &str) -> String {
    format!(
        "service: orders\nstepFunctions: {{stateMachines: {{flow: {{definition: {{C: {value}}}}}}}}}\n{more}\n"
    )
}

#[test]
fn a_service() {
    let folder = Folder::new(&[
        (
            "serverless.yml",
            r#"
service: orders
provider:
  name: aws
  runtime: python3.12
  memorySize: 256
  timeout: 10
  environment: {STAGE: '${sls:stage}', DROPPED: x}
functions:
  check:
    handler: src/check.handler
    name: orders-check
    environment: {A: 1, DROPPED: null, TABLE: !Ref Orders}
    layers: [{Ref: CommonLambdaLayer}]
  buy-sell: {handler: src/buy-sell.handler, timeout: 3, memorySize: 128}
layers:
  common: {path: layers/common}
stepFunctions:
  validate: true
  stateMachines:
    flow:
      id: FlowMachine
      name: flow-${sls:stage}
      type: EXPRESS
      definition:
        StartAt: Check
        States:
          Check: {Type: Task, Resource: {Fn::GetAtt: [check, Arn]}, Next: Buy}
          Buy: {Type: Task, Resource: !GetAtt BuyDashsellLambdaFunction.Arn, End: true}
  activities: [myActivity]
plugins: [serverless-step-functions]
resources:
  Resources:
    Orders: {Type: AWS::DynamoDB::Table, Properties: {TableName: 'orders-${sls:stage}'}}
"#,
        ),
        ("src/check.py", ""),
        ("layers/common/python/", ""),
    ]);
    let project = folder.load(&parameters(&[("stage", "prod")])).unwrap();
    assert_eq!(project.warnings, Vec::<String>::new());
    let check = function(&project, "check");
    assert_eq!((check.name.as_str(), check.logical_id.as_str()), ("orders-check", "check"));
    assert_eq!(check.handler, Handler::Named("src/check.handler".to_owned()));
    let code = Code::Folder { root: folder.absolute("."), folder: folder.absolute("src") };
    assert_eq!(check.code, code, "the service's folder is the code root");
    assert_eq!(check.runtime.as_deref(), Some("python3.12"));
    assert_eq!((check.timeout, check.memory_mib), (Duration::from_secs(10), Some(256)));
    let environment = [("STAGE", "prod"), ("A", "1"), ("TABLE", "orders-prod")];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(check.environment, environment);
    assert_eq!(check.layers, [folder.absolute("layers/common/python")]);
    let buy = function(&project, "orders-prod-buy-sell");
    assert_eq!((buy.timeout, buy.memory_mib), (Duration::from_secs(3), Some(128)));

    let machine = project.machine("flow").expect("the key names it");
    assert_eq!((machine.name.as_str(), machine.kind), ("flow-prod", Kind::Express));
    assert_eq!(
        definition(&project),
        r#"{"StartAt":"Check","States":{"Check":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:orders-check","Next":"Buy"},"Buy":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:orders-prod-buy-sell","End":true}}}"#
    );
}

#[test]
fn defaults() {
    let folder = Folder::new(&[(
        "serverless.yml",
        "service: {name: orders}\nprovider: {name: aws}\nfunctions: {check: {handler: a.b}}",
    )]);
    let project = folder.load(&Options::default()).unwrap();
    let check = function(&project, "check");
    assert_eq!(check.name, "orders-dev-check");
    assert_eq!((check.timeout, check.memory_mib), (Duration::from_secs(6), Some(1024)));
    assert_eq!(check.runtime, None);
}

#[test]
fn code_of_its_own() {
    let check = |properties: &str, expected: Result<&str, &str>| {
        let service = format!(
            "service: s\nprovider: {{}}\nfunctions: {{f: {{handler: app.handler, {properties}}}}}"
        );
        let folder =
            Folder::new(&[("serverless.yml", &service), ("inner/app.py", ""), ("a.zip", "")]);
        let project = folder.load(&Options::default()).unwrap();
        let expected = match expected {
            Ok(path) => {
                let root = folder.absolute(path);
                Code::Folder { folder: root.clone(), root }
            }
            Err(why) => Code::Unavailable(why.to_owned()),
        };
        assert_eq!(function(&project, "f").code, expected, "for {properties}");
    };
    check("module: inner", Ok("inner"));
    check("package: {individually: true}", Ok("."));
    check("package: {artifact: a.zip}", Err("its code is the file a.zip; unpack it into a folder"));
    check("runtime: nodejs22.x", Err("its runtime is nodejs22.x; only Python runs here"));
    check(
        "image: repository/image",
        Err("it is a container image; only Python code in a folder runs here"),
    );
}

/// Checks the definition of the machine `machine` of a service, or the error.
fn check_machine(machine: &str, files: &[(&str, &str)], expected: &str) {
    let service = format!(
        "service: s\nprovider: {{}}\nfunctions: {{check: {{handler: app.h}}}}\nstepFunctions:\n  stateMachines:\n    flow: {machine}\n"
    );
    let folder = Folder::new(&[&[("serverless.yml", service.as_str())], files].concat());
    let shown = match folder.load(&Options::default()) {
        Ok(project) => definition(&project),
        Err(error) => folder.message(&error),
    };
    assert_eq!(shown, expected, "for {machine}");
}

#[test]
fn definitions() {
    let yaml = ("sf/flow.asl.yml", "A: ${self:service}\nB: !Ref check");
    let expected = r#"{"A":"s","B":"s-dev-check"}"#;
    check_machine("{definition: '${file(sf/flow.asl.yml)}'}", &[yaml], expected);
    check_machine("{definition: sf/flow.asl.yml}", &[yaml], expected);
    check_machine("{definition: {A: s, B: {Ref: check}}}", &[], expected);
    check_machine(
        "{definition: '{\"A\": \"${self:service}\", \"B\": 1}'}",
        &[],
        r#"{"A":"s","B":1}"#,
    );
    let whole = ("flows.yml", "flow:\n  definition: ${file(sf/flow.asl.yml)}");
    check_machine("${file(flows.yml):flow}", &[yaml, whole], expected);
    check_machine(
        "{StartAt: A, States: {A: {Resource: check}}}",
        &[],
        r#"{"StartAt":"A","States":{"A":{"Resource":"check"}}}"#,
    );
    check_machine(
        "{definition: {A: 'arn:aws:lambda:#{AWS::Region}:#{AWS::AccountId}:function:#{x}'}}",
        &[],
        r#"{"A":"arn:aws:lambda:us-east-1:123456789012:function:#{x}"}"#,
    );
    check_machine(
        "{definition: {A: !Sub 'arn:aws:lambda:${AWS::Region}:1:function:${self:service}-${check}'}}",
        &[],
        r#"{"A":"arn:aws:lambda:us-east-1:1:function:s-s-dev-check"}"#,
    );
}

#[test]
fn places_are_those_of_the_definitions_file() {
    let folder = Folder::new(&[
        (
            "serverless.yml",
            "service: s\nstepFunctions: {stateMachines: {flow: {definition: '${file(flow.yml)}'}}}",
        ),
        ("flow.yml", "# The flow.\nA: x\nB: ${file(part.yml)}"),
        ("part.yml", "\n\n\n\nC: 1"),
    ]);
    let project = folder.load(&Options::default()).unwrap();
    let flow = &project.machines[0].definition;
    assert_eq!(folder.shorten(flow.file.to_str().unwrap()), "P/flow.yml");
    assert!(flow.source.starts_with("# The flow."));
    let place = |node: &Node| (node.place.line, node.place.column);
    assert_eq!(place(flow.root.get("A").unwrap()), (2, 4));
    let part = flow.root.get("B").unwrap().get("C").unwrap();
    assert_eq!(place(part), (3, 4), "what another file holds is where it is brought in");
}

#[test]
fn mistakes_in_machines() {
    check_machine(
        "{name: x}",
        &[],
        "P/serverless.yml:6:11: state machine `flow` has no definition",
    );
    check_machine(
        "{definition: flow.yml}",
        &[("flw.yml", "")],
        "P/serverless.yml:6:24: definition `flow.yml` does not exist; did you mean `flw.yml`?",
    );
    check_machine(
        "{definition: '${file(flow.yml)}'}",
        &[("flow.yml", "A:\n  Fn::GetAttr: [a, b]")],
        "P/flow.yml:2:3: unknown intrinsic function `Fn::GetAttr`; did you mean `Fn::GetAtt`?",
    );
    check_machine(
        "{definition: '${file(flow.yml)}'}",
        &[("flow.yml", "A:\n  Fn::Join: x")],
        "P/flow.yml:2:13: Fn::Join takes [separator, list]",
    );
    check_machine(
        "{definition: '${file(flow.js):flow}'}",
        &[("flow.js", "")],
        "P/serverless.yml:6:24: flow.js is a program, which is not run; give its value with \
         --parameter 'file(flow.js):flow=VALUE'",
    );
}

/// Checks what a variable gives, or the error.
fn check_variable(text: &str, more: &str, options: &Options, expected: &str) {
    let service = service(&format!("\"{text}\""), more);
    let folder = Folder::new(&[
        ("serverless.yml", &service),
        ("config.dev.yml", "a: {b: '${self:service}', c: [x, y]}"),
        ("note.txt", "text"),
    ]);
    let shown = match folder.load(options) {
        Ok(project) => {
            assert_eq!(project.warnings, Vec::<String>::new());
            definition(&project)
        }
        Err(error) => folder.message(&error),
    };
    assert_eq!(shown, expected, "for {text}");
}

#[test]
fn variables() {
    const MORE: &str = "custom: {name: n, stages: {dev: d, prod: p}, list: [1, 2], again: '${self:custom.name}-2', \
        big: 12345678901234567890, none: null}\nparams: {default: {x: px}, prod: {x: pp}}";
    let check = |text: &str, expected: &str| {
        check_variable(text, MORE, &Options::default(), &format!(r#"{{"C":{expected}}}"#));
    };
    check("${self:custom.name}", r#""n""#);
    check("${self:custom.again}", r#""n-2""#);
    check("a-${self:custom.name}-${self:service}", r#""a-n-orders""#);
    check("${self:custom.list}", "[1,2]");
    check("${self:custom.list.1}", "2");
    check("${self:custom.big}", "12345678901234567890");
    check("${self:custom.stages.${opt:stage, 'dev'}}", r#""d""#);
    check("${self:custom.none, 'default'}", r#""default""#);
    check("${opt:stage, self:provider.stage}", r#""dev""#);
    check("${opt:x, opt:y, ${opt:z, 5}}", "5");
    check("${opt:x, null}", "null");
    check("${opt:x, 'a-${self:service}'}", r#""a-orders""#);
    check("${sls:stage}", r#""dev""#);
    check("${aws:region}:${aws:accountId}", r#""us-east-1:123456789012""#);
    check("${env:CARGO_PKG_NAME}", r#""faastlane-project""#);
    check("${env:FAASTLANE_NO_SUCH_VARIABLE, 'none'}", r#""none""#);
    check("${strToBool(${opt:x, 'true'})}", "true");
    check("${param:x}", r#""px""#);
    check("${file(./config.${sls:stage}.yml):a.b}", r#""orders""#);
    check("${file(config.dev.yml):a}", r#"{"b":"orders","c":["x","y"]}"#);
    check("${file(note.txt)}", r#""text""#);
    check("${file(no.yml):a, 'default'}", r#""default""#);
    check("${ssm:/a/b, 'default'}", r#""default""#);
    check("${Name} ${AWS::Region} ${ self:x}", r#""${Name} ${AWS::Region} ${ self:x}""#);
}

#[test]
fn values_that_the_user_gives() {
    const MORE: &str = "provider: {stage: test}\nparams: {default: {x: px}, prod: {x: pp}}";
    let check = |text: &str, name: &str, expected: &str| {
        let options = parameters(&[(name, "given")]);
        check_variable(text, MORE, &options, &format!(r#"{{"C":"{expected}"}}"#));
    };
    check("${cf:stack.Out}", "cf:stack.Out", "given");
    check("${cf(eu-west-1):stack-${sls:stage}.Out}", "cf(eu-west-1):stack-test.Out", "given");
    check("${ssm:/a/b}-x", "ssm:/a/b", "given-x");
    check("${self:custom.none}", "self:custom.none", "given");
    check("${file(a.js):b}", "file(a.js):b", "given");
    check("${sls:stage}", "stage", "given");
    check("${opt:stage}", "opt:stage", "given");
    check("${param:x}", "x", "given");
    check("${env:FAASTLANE_NO_SUCH_VARIABLE}", "env:FAASTLANE_NO_SUCH_VARIABLE", "given");
    check_variable("${param:x}", MORE, &parameters(&[("stage", "prod")]), r#"{"C":"pp"}"#);
}

#[test]
fn variables_without_a_value() {
    let check = |text: &str, expected: &str| {
        let expected = format!("P/serverless.yml:2:56: {expected}");
        check_variable(text, "custom: {a: '${ssm:/a}', o: {}}", &Options::default(), &expected);
    };
    check(
        "${cf:stack.${sls:stage}}",
        "`${cf:stack.${sls:stage}}` is not known on this machine; give its value with --parameter 'cf:stack.dev=VALUE'",
    );
    check(
        "${vault:x}",
        "`${vault:x}` is not known on this machine; give its value with --parameter 'vault:x=VALUE'",
    );
    check(
        "${self:custom.b}",
        "`${self:custom.b}` has no value; give one with --parameter 'self:custom.b=VALUE', or a default: ${self:custom.b, 'value'}",
    );
    check("${opt:x, y}", "`y` in `${opt:x, y}` must be quoted: 'y'");
    check("${file(config.yml):a}", "file `config.yml` does not exist; paths are relative to P");
    check("x${self:custom.o}", "`${self:custom.o}` is not text, so it must stand alone");
}

#[test]
fn circles_end() {
    let check = |more: &str, expected: &str| {
        check_variable("${self:custom.a}", more, &Options::default(), expected);
    };
    check(
        "custom: {a: '${self:custom.b}', b: 'x${self:custom.a}'}",
        "P/serverless.yml:3:36: circular variables: self:custom.a → self:custom.b → self:custom.a",
    );
    check(
        "custom: {a: {b: '${self:custom.a}'}}",
        "P/serverless.yml:3:17: circular variables: self:custom.a → self:custom.a",
    );
    check(
        "custom: {a: {b: '${self:custom.a.b.c}'}}",
        "P/serverless.yml:3:17: circular variables: self:custom.a.b.c → self:custom.a.b.c",
    );
}

#[test]
fn what_grows_without_end_is_refused() {
    let check = |last: usize, link: &dyn Fn(&str) -> String, expected: &str| {
        let level = |level: usize| {
            let next = format!("${{self:custom.a{}}}", level + 1);
            format!("  a{level}: {}\n", link(&next))
        };
        let links: String = (0..last).map(level).collect();
        let service = service("'${self:custom.a0}'", &format!("custom:\n{links}  a{last}: x"));
        let folder = Folder::new(&[("serverless.yml", &service)]);
        let error = folder.load(&Options::default()).expect_err("it is too much");
        assert!(error.to_string().ends_with(expected), "{error}");
    };
    check(100, &|next| format!("'{next}'"), "more than 64 variables in a row");
    check(40, &|next| format!("'{next}{next}'"), "variables produce more than 16 MiB");
    check(40, &|next| format!("['{next}', '{next}']"), "variables produce more than 16 MiB");
    let deep = |next: &str| format!("{}'{next}'{}", "[".repeat(100), "]".repeat(100));
    check(40, &deep, "variables make it deeper than 576 levels");
    let nested = |next: &str| format!("'{}{next}{}'", "${opt:x, ".repeat(1000), "}".repeat(1000));
    check(1, &nested, "variables make it deeper than 576 levels");
    let inside = |next: &str| format!("'{}{next}{}'", "${self:".repeat(1000), "}".repeat(1000));
    check(1, &inside, "variables make it deeper than 576 levels");
}

#[test]
fn only_what_is_read_needs_values() {
    let more = "functions: {check: {handler: a.b, role: '${ssm:/role}', events: ['${cf:x.y}']}}\n\
                resources:\n  - Parameters: {Size: {Type: String, Default: s}}\n  - Resources:\n      \
                Q: {Type: AWS::SQS::Queue, Properties: {QueueName: 'q-${ssm:/name}'}}";
    let folder = Folder::new(&[("serverless.yml", &service("!Ref Size", more))]);
    let project = folder.load(&parameters(&[("Size", "large"), ("Nope", "x")])).unwrap();
    assert_eq!(definition(&project), r#"{"C":"large"}"#);
    let warnings: Vec<_> = project.warnings.iter().map(|warning| folder.shorten(warning)).collect();
    assert_eq!(
        warnings,
        [
            "P/serverless.yml:7:58: `${ssm:/name}` is not known on this machine; give its value with --parameter 'ssm:/name=VALUE'",
            "P/serverless.yml: the template has no parameter `Nope`",
        ]
    );
}

#[test]
fn sections_may_be_lists_of_files() {
    let folder = Folder::new(&[
        (
            "serverless.yml",
            "service: s\nprovider: ${file(provider.yml)}\nfunctions: ['${file(a.yml)}', '${file(b.yml)}']",
        ),
        ("provider.yml", "stage: test\nruntime: python3.9"),
        ("a.yml", "one: {handler: a.b}"),
        ("b.yml", "two: {handler: a.b}"),
    ]);
    let project = folder.load(&Options::default()).unwrap();
    let names: Vec<_> = project.functions.iter().map(|function| function.name.as_str()).collect();
    assert_eq!(names, ["s-test-one", "s-test-two"]);
    assert_eq!(function(&project, "two").runtime.as_deref(), Some("python3.9"));
}
