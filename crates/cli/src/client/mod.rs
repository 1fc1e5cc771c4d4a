//! A server as the commands `executions`, `history` and `logs` ask it: over the same API as every SDK.
//!
//! Requests are not signed: the server does not check signatures, and a token is sent as it is.

mod names;
mod table;

use std::time::Duration;

use faastlane_value::{ObjectBuilder, Value, json};
use ureq::http::{Request, Response};
use ureq::{Agent, AsSendBody, Body};

pub(crate) use self::names::execution_arn;
pub(crate) use self::table::{Table, time, took};

use crate::Error;
use crate::args::ServerArgs;

/// Where a server is if nobody says it.
const DEFAULT: &str = "http://127.0.0.1:8083";
/// Names of variables that say where it is, the first one that is set.
const VARIABLES: [&str; 2] = ["FAASTLANE_ENDPOINT", "AWS_ENDPOINT_URL_SFN"];
const TOKEN: &str = "FAASTLANE_TOKEN";
/// How long an answer may take to begin.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long an answer may be: a page of a history with a thousand events of 256 KiB.
const ANSWER_BYTES: u64 = 300 * 1024 * 1024;
/// The most that the API gives in a page.
const PAGE: i64 = 1000;

/// A server.
pub(crate) struct Client {
    /// Without a slash at its end.
    url: String,
    token: Option<String>,
    agent: Agent,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The server refuses the request.
    #[error("{code}: {message}")]
    Refused {
        /// `ExecutionDoesNotExist`
        code: String,
        /// What is wrong.
        message: String,
    },
    /// There is no server, or it gives no answer that is one.
    #[error("{0}")]
    Broken(String),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused { .. } => Self::Invalid(failure.to_string()),
            Failure::Broken(what) => Self::Internal(what),
        }
    }
}

impl Client {
    /// The server that was typed, or that variables name.
    pub(crate) fn new(args: &ServerArgs) -> Result<Self, Error> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let url = args.endpoint.clone().or_else(|| VARIABLES.into_iter().find_map(variable));
        let url = url.unwrap_or_else(|| DEFAULT.to_owned());
        let url = url.trim_end_matches('/').to_owned();
        if !url.starts_with("http://") {
            return Err(Error::Invalid(format!(
                "{url} is no address of a server: it begins with http://, as {DEFAULT} does. Behind a proxy with TLS, \
                 ask the server itself"
            )));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            // A server is asked where it is; what leads to the world outside does not lead there.
            .proxy(None);
        Ok(Self { url, token: variable(TOKEN), agent: config.build().new_agent() })
    }

    /// Performs an operation of the Step Functions API.
    pub(crate) fn call(&self, operation: &str, request: &Value) -> Result<Value, Failure> {
        let sent = Request::post(format!("{}/", self.url))
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"));
        let (is_good, text) = self.text(sent, request.to_json())?;
        let answer = json::parse(text.as_bytes()).map_err(|_| self.no_server(&text))?;
        if is_good {
            return Ok(answer);
        }
        let member = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        let code = member("__type").ok_or_else(|| self.no_server(&text))?;
        let code = code.rsplit('#').next().unwrap_or_default().to_owned();
        Err(Failure::Refused { code, message: member("message").unwrap_or_default() })
    }

    /// The items of all pages of an operation, in its list `member`, until there are `most`.
    pub(crate) fn list(
        &self,
        operation: &str,
        request: &[(&'static str, Value)],
        member: &str,
        most: usize,
    ) -> Result<Vec<Value>, Failure> {
        let mut found: Vec<Value> = Vec::new();
        let mut token: Option<Value> = None;
        while found.len() < most {
            let left = i64::try_from(most - found.len()).unwrap_or(PAGE).min(PAGE);
            let mut page = ObjectBuilder::with_capacity(request.len() + 2);
            for (name, value) in request {
                page.insert(*name, value.clone());
            }
            page.insert("maxResults", left);
            if let Some(token) = token {
                page.insert("nextToken", token);
            }
            let answer = self.call(operation, &page.build())?;
            let items = answer.get(member).and_then(Value::as_array);
            found.extend(items.into_iter().flat_map(|items| items.iter()).cloned());
            token = answer.get("nextToken").filter(|token| **token != Value::Null).cloned();
            if token.is_none() {
                break;
            }
        }
        found.truncate(most);
        Ok(found)
    }

    /// Lines that functions have printed, as JSON texts: those after line `after`.
    pub(crate) fn log(&self, after: u64, function: Option<&str>) -> Result<String, Failure> {
        let function = function.map(|name| format!("&function={}", encoded(name)));
        let url = format!(
            "{}/_faastlane/logs?after={after}{}",
            self.url,
            function.as_deref().unwrap_or_default()
        );
        let (is_good, text) = self.text(Request::get(url), ())?;
        if is_good { Ok(text) } else { Err(Failure::Broken(text.trim_end().to_owned())) }
    }

    /// Whether an answer is a good one, and its text.
    fn text(
        &self,
        request: ureq::http::request::Builder,
        body: impl AsSendBody,
    ) -> Result<(bool, String), Failure> {
        let request = match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        let request = request.body(body);
        let request = request.map_err(|error| {
            Failure::Broken(format!("nothing can be asked of {}: {error}", self.url))
        })?;
        let mut response: Response<Body> =
            self.agent.run(request).map_err(|error| self.unreachable(&error))?;
        let text = response.body_mut().with_config().limit(ANSWER_BYTES).read_to_string();
        let text = text.map_err(|error| self.unreachable(&error))?;
        Ok((response.status().is_success(), text))
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        Failure::Broken(format!(
            "no server answers at {} ({error}): start one with `faastlane serve PROJECT`, or say where it is with \
             --endpoint URL or FAASTLANE_ENDPOINT",
            self.url
        ))
    }

    fn no_server(&self, text: &str) -> Failure {
        let start: String = text.chars().take(200).collect();
        Failure::Broken(format!("what answers at {} is no Step Functions API: {start}", self.url))
    }
}

/// `text` as a value in a query.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The text of a member; empty if there is none.
pub(crate) fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// A time of the API, in milliseconds since the epoch.
pub(crate) fn milliseconds(value: &Value, member: &str) -> Option<i64> {
    let seconds = value.get(member)?.as_number()?.as_f64();
    let is_time = seconds.is_finite() && (0.0..1e11).contains(&seconds);
    #[expect(clippy::cast_possible_truncation, reason = "times of the next three millennia fit")]
    is_time.then(|| (seconds * 1000.0).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_is_spoken() {
        let client = |url: &str| Client::new(&ServerArgs { endpoint: Some(url.to_owned()) });
        assert_eq!(client("http://localhost:8083/").unwrap().url, "http://localhost:8083");
        for url in ["https://x", "localhost:8083", "ftp://x"] {
            assert!(client(url).err().unwrap().to_string().contains("begins with http://"));
        }
    }

    #[test]
    fn without_a_server_it_is_said_how_to_start_one() {
        // A port that was free a moment ago.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let client = Client::new(&ServerArgs { endpoint: Some(url) }).unwrap();
        let failed = client.call("ListStateMachines", &Value::empty_object()).unwrap_err();
        let told = failed.to_string();
        assert!(told.contains("faastlane serve PROJECT"), "{told}");
        assert_eq!(told.lines().count(), 1);
    }

    #[test]
    fn names_are_encoded_and_times_are_read() {
        assert_eq!(encoded("a-b c&ä"), "a-b%20c%26%C3%A4");
        let value = json::parse(br#"{"a": 1700000000.123, "b": "x"}"#).unwrap();
        assert_eq!(milliseconds(&value, "a"), Some(1_700_000_000_123));
        assert_eq!(milliseconds(&value, "b"), None);
    }
}
