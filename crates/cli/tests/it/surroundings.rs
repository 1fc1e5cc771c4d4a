//! Input in all its forms, and logs.

use crate::harness::{Outcome, Project};

const ECHO: &str = "def handler(event, context):\n    return event\n";

#[test]
fn input_from_file_stdin_or_the_line() {
    let project = Project::calling(ECHO);
    project.write("event.json", "\u{feff}{\"from\": \"file\"}\n");
    project.write("7", "{\"from\": \"a file called 7\"}");
    let run = |input: &str| {
        let mut command = project.faastlane("run flow.asl.json --input");
        Outcome::with_stdin(command.arg(input), "[1, 2]")
    };
    run("event.json").expect(0, "{\"from\":\"file\"}\n");
    run("-").expect(0, "[1,2]\n");
    run(r#" {"from": "the line"}"#).expect(0, "{\"from\":\"the line\"}\n");
    run("\"text\"").expect(0, "\"text\"\n");
    run("null").expect(0, "null\n");
    run("7").expect(0, "{\"from\":\"a file called 7\"}\n");
    project.run("").expect(0, "{}\n");
}

#[test]
fn the_projects_own_input_and_machine() {
    let machine =
        "    Type: AWS::Serverless::StateMachine\n    Properties: {DefinitionUri: flow.asl.json}\n";
    let template = format!("Resources:\n  One:\n{machine}  Two:\n{machine}");
    let flow = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true,
        "Parameters": {"machine.$": "$$.StateMachine.Name", "event.$": "$"}}}}"#;
    let files = [
        ("template.yaml", template.as_str()),
        ("flow.asl.json", flow),
        ("faastlane.toml", "machine = \"Two\"\ninput = \"events/in.json\"\n"),
        ("events/in.json", "1"),
    ];
    let project = Project::new(&files);
    let check = |arguments: &str, output: &str| {
        Outcome::of(&mut project.faastlane(arguments)).expect(0, &format!("{output}\n"));
    };
    check("run .", r#"{"machine":"Two","event":1}"#);
    check("run template.yaml --machine One --input 2", r#"{"machine":"One","event":2}"#);
}

/// A service's URL is the parameter's value, and a proxy does not come between.
#[test]
fn services_run_beside() {
    let template = "
Parameters: {Url: {Type: String}}
Resources:
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties: {DefinitionUri: flow.asl.json}
  F:
    Type: AWS::Serverless::Function
    Properties:
      {FunctionName: f, CodeUri: code, Handler: f.handler, Environment: {Variables: {URL: !Ref Url}}}
";
    let service = "
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'served')
    def log_message(self, *arguments):
        pass
server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
print(f'http://127.0.0.1:{server.server_port}', flush=True)
server.serve_forever()
";
    let code = "
import os, urllib.request
def handler(event, context):
    return urllib.request.urlopen(os.environ['URL']).read().decode()
";
    let settings =
        "[[services]]\nname = \"s\"\ncommand = [\"python\", \"s.py\"]\nparameter = \"Url\"\n";
    let files = [
        ("template.yaml", template),
        ("flow.asl.json", crate::harness::CALLS_F),
        ("code/f.py", code),
        ("s.py", service),
        ("faastlane.toml", settings),
    ];
    let project = Project::new(&files);
    let mut command = project.faastlane("run .");
    command.env("http_proxy", "http://127.0.0.1:9");
    Outcome::of(&mut command).expect(0, "\"served\"\n");
}

#[test]
fn logs_carry_the_functions_name() {
    let code = "
import logging, sys
def handler(event, context):
    print('to stdout')
    print('to stderr', file=sys.stderr)
    print('two\\nlines')
    logging.getLogger().warning('careful')
    raise ValueError('wrong')
";
    let project = Project::calling(code);
    let Outcome { code, stdout, stderr } = project.run("");
    assert_eq!((code, stdout.as_str()), (1, ""));
    let lines: Vec<&str> = stderr.lines().filter(|line| line.starts_with("[f] ")).collect();
    assert_eq!(lines[..4], ["[f] to stdout", "[f] to stderr", "[f] two", "[f] lines"]);
    let rest = lines[4..].join("\n");
    assert!(rest.contains("[WARNING]") && rest.contains("careful"), "{rest}");
    assert!(rest.contains("[f] [ERROR] ValueError: wrong\n[f] Traceback"), "{rest}");
    assert!(!stderr.contains('\r'));
    assert!(stderr.ends_with('\n'));
}

#[test]
fn values_survive_functions() {
    let input =
        r#"{"z":12345678901234567890123,"a":1.10,"m":{"y":[-0.0,1e-7],"b":"ü\u0000"},"":null}"#;
    let project = Project::calling(ECHO);
    let output = project.run(&format!("--input {input}"));
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert_eq!(output.stdout.trim_end(), input.replace("1.10", "1.1"));
}
