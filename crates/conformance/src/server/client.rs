//! A client of the API.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use faastlane_value::{Value, json};
use ureq::Agent;

use crate::way::Refusal;

/// How long an answer may take: as long as an Express execution may.
const PATIENCE: Duration = Duration::from_secs(300);
/// Bytes of the largest answer.
const LARGEST: u64 = 64 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    url: String,
}

impl Client {
    pub(super) fn new(url: &str) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            // The server is on this computer.
            .proxy(None);
        Self { agent: config.build().new_agent(), url: url.to_owned() }
    }

    /// The answer to a request, or the error of the API that it is.
    pub(super) fn call(&self, operation: &str, request: &Value) -> Result<Result<Value, Refusal>> {
        let response = self
            .agent
            .post(&self.url)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", &format!("AWSStepFunctions.{operation}"))
            .send(request.to_json());
        let mut response = response.with_context(|| format!("{operation} was not answered"))?;
        let body = response.body_mut().with_config().limit(LARGEST).read_to_vec()?;
        let (status, shown) = (response.status(), String::from_utf8_lossy(&body));
        let answer = match json::parse(&body) {
            Ok(answer) => answer,
            Err(error) => bail!("{operation} was answered with no JSON ({error}): {shown}"),
        };
        if status.is_success() {
            return Ok(Ok(answer));
        }
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        let Some(kind) = text("__type").filter(|_| status == 400) else {
            bail!("{operation} was answered with {status}: {shown}");
        };
        // Clients leave out the namespace.
        let code = kind.rsplit_once('#').map_or(kind, |(_, code)| code).to_owned();
        let message = text("message").unwrap_or_default().to_owned();
        Ok(Err(Refusal { code, message }))
    }

    /// The answer to a request that is not refused.
    pub(super) fn answer(&self, operation: &str, request: &Value) -> Result<Value> {
        match self.call(operation, request)? {
            Ok(answer) => Ok(answer),
            Err(refusal) => bail!("{operation} was refused: {refusal}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// Calls a server that answers once; the answer, and what was asked for.
    fn call(status: &str, body: &str) -> (Result<Result<Value, Refusal>>, String) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut asked, mut length, mut line) = (String::new(), 0, String::new());
                while reader.read_line(&mut line).unwrap() > 2 {
                    let (name, value) = line.trim_end().split_once(": ").unwrap_or_default();
                    match name {
                        "content-length" => length = value.parse().unwrap(),
                        "x-amz-target" => asked.push_str(value),
                        _ => {}
                    }
                    line.clear();
                }
                let mut request = vec![0; length];
                reader.read_exact(&mut request).unwrap();
                let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
                write!(stream, "{head}{body}").unwrap();
                format!("{asked} {}", String::from_utf8(request).unwrap())
            });
            let answer = Client::new(&url)
                .call("StopExecution", &Value::object([("a", Value::from(1_i64))]));
            (answer, asked.join().unwrap())
        })
    }

    #[test]
    fn answers_and_refusals_are_told_apart() {
        let (answer, asked) = call("200 OK", r#"{"b": 2}"#);
        assert_eq!(answer.unwrap(), Ok(Value::object([("b", Value::from(2_i64))])));
        assert_eq!(asked, r#"AWSStepFunctions.StopExecution {"a":1}"#);
        let refusal = r#"{"__type": "com.amazonaws.swf#InvalidArn", "message": "no ARN"}"#;
        let expected = Refusal { code: "InvalidArn".to_owned(), message: "no ARN".to_owned() };
        assert_eq!(call("400 Bad Request", refusal).0.unwrap(), Err(expected));
        for (status, body) in [("500 Internal Server Error", refusal), ("200 OK", "<html>")] {
            assert!(call(status, body).0.is_err(), "{status} {body}");
        }
    }
}
