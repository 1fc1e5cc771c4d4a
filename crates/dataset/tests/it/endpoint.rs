//! The same against a server: moto, where a Python has it.
//!
//! `FAASTLANE_MOTO` names that Python; `python3 -m venv V && V/bin/pip install 'moto[server]'` makes one.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use faastlane_asl::Format;
use faastlane_dataset::{
    Destination, Lengths, Location, ResultFile, Source, Spelling, Store, Writer,
};
use faastlane_value::Value;

use crate::read;

/// A server, while it is needed.
struct Moto(Child, String);

/// Starts one on a free port, with two objects in the bucket `data`, and says where it is.
const PROGRAM: &str = r#"
import sys, urllib.request
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
url = "http://%s:%d" % server.get_host_and_port()
def put(path, body=b""):
    request = urllib.request.Request(url + path, data=body, method="PUT")
    request.add_header("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request")
    request.add_header("Content-Type", "application/octet-stream")
    urllib.request.urlopen(request).close()
put("/data")
put("/data/in/a%20b.jsonl", b'{"n":1}\n{"n":2}\n{"n":3}\n')
put("/data/in/c.json", b"[4, 5]")
print(url, flush=True)
sys.stdin.read()
"#;

impl Moto {
    fn start() -> Option<Self> {
        let python = std::env::var_os("FAASTLANE_MOTO")?;
        let mut child = Command::new(python)
            .args(["-c", PROGRAM])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Some(Self(child, url.trim().to_owned()))
    }

    fn store(&self) -> Store {
        let url = |name: &str| (name == "AWS_ENDPOINT_URL_S3").then(|| self.1.clone());
        Store::new(Location::of_environment(url))
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that did not run says so")]
fn items_and_results() {
    let Some(moto) = Moto::start() else {
        eprintln!("skipped: FAASTLANE_MOTO names no Python that has moto");
        return;
    };
    let store = moto.store();
    let (lines, json) = (Format::JsonLines, Format::Json(Vec::new()));
    let object = |key, format| Source::Object { bucket: "data", key, format };
    for most in [1, 1000] {
        let found = read(&store, object("in/a b.jsonl", &lines), most).unwrap();
        assert_eq!(found, [r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":3}"#]);
        assert_eq!(read(&store, object("in/c.json", &json), most).unwrap(), ["4", "5"]);
        let listing = Source::Listing { bucket: "data", prefix: "in/" };
        let found = read(&store, listing, most).unwrap();
        assert_eq!(found.len(), 2);
        assert!(found[0].contains(r#""Key":"in/a b.jsonl""#), "{}", found[0]);
        assert!(found[1].contains(r#""Key":"in/c.json""#), "{}", found[1]);
    }
    let refused = |bucket, key| {
        let source = Source::Object { bucket, key, format: &json };
        read(&store, source, 1).unwrap_err().to_string()
    };
    assert!(refused("data", "x").starts_with("The specified key does not exist: x in data"));
    assert!(refused("none", "x").starts_with("The specified bucket does not exist: none at http"));

    let to = Destination { bucket: "data", folder: "out/moto-1", spelling: Spelling::Json };
    let writer = Writer::new(&store, to);
    let mut lengths = Lengths::default();
    for number in 0..3 {
        let result = Value::array([Value::from(number)]);
        writer.append(&mut lengths, ResultFile::Succeeded, [&result]).unwrap();
    }
    writer.finish("arn", lengths).unwrap();
    let found = read(&store, object("out/moto-1/SUCCEEDED_0.json", &json), 1000).unwrap();
    assert_eq!(found, ["[0]", "[1]", "[2]"]);
    let manifest = Format::JsonLines;
    let found = read(&store, object(&writer.manifest_key(), &manifest), 1000).unwrap();
    assert!(found[0].contains(r#"{"Key":"out/moto-1/SUCCEEDED_0.json","Size":13}"#), "{found:?}");
}

#[test]
fn an_endpoint_that_cannot_be_used_is_told() {
    let check = |url: &str, expected: &str| {
        let variable = |name: &str| (name == "AWS_ENDPOINT_URL").then(|| url.to_owned());
        let store = Store::new(Location::of_environment(variable));
        let source = Source::Listing { bucket: "b", prefix: "" };
        let error = read(&store, source, 1).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    };
    check(
        "https://s3.amazonaws.com",
        "The S3 endpoint https://s3.amazonaws.com is not of the form",
    );
    check("localhost:9000", "The S3 endpoint localhost:9000 is not of the form");
    check("http://127.0.0.1:1", "http://127.0.0.1:1/b/: ");
}
