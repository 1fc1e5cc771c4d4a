//! What a request asks for, told from its method, path and headers.

use hyper::http::request::Parts;
use hyper::{HeaderMap, Method};

use super::InvocationType;

const TARGET: &str = "x-amz-target";
const SERVICE: &str = "AWSStepFunctions.";
const FUNCTIONS: &str = "/2015-03-31/functions/";
const INVOCATIONS: &str = "/invocations";
/// Where `faastlane logs` asks. AWS has nothing at such a path.
const LOGS: &str = "/_faastlane/logs";

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    /// An operation of the Step Functions API.
    Operation(&'static str),
    /// A call of a function.
    Invoke(Box<Invoke>),
    /// `/healthz`
    Health,
    /// `/metrics`
    Metrics,
    /// What functions wrote last.
    Logs(Box<Lines>),
}

impl Route {
    /// Its name in metrics and logs.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Operation(operation) => operation,
            Self::Invoke(_) => "Invoke",
            Self::Health => "healthz",
            Self::Metrics => "metrics",
            Self::Logs(_) => "logs",
        }
    }
}

/// The lines that are asked for, as [`Logs::after`](crate::Logs::after) takes them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lines {
    pub(super) after: u64,
    pub(super) function: Option<String>,
}

/// What path, query and headers say of a call of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Invoke {
    pub(super) function: String,
    pub(super) qualifier: Option<String>,
    pub(super) kind: InvocationType,
    pub(super) log_tail: bool,
    pub(super) client_context: Option<String>,
}

/// What is wrong with a request that asks for nothing we have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lost {
    /// No or another `X-Amz-Target`.
    UnknownOperation,
    /// A path of the Lambda API, with a header or name that it does not allow.
    Invocation(String),
    /// The path is not there.
    Path,
    /// The path is there, for this method.
    Method(&'static str),
}

/// What the request with this head asks for.
pub(super) fn find(head: &Parts) -> Result<Route, Lost> {
    let is_read = head.method == Method::GET || head.method == Method::HEAD;
    let path = head.uri.path();
    match path {
        "/" if head.method == Method::POST => operation(&head.headers).map(Route::Operation),
        "/" if is_read => Err(Lost::Path),
        "/" => Err(Lost::Method("POST")),
        "/healthz" | "/metrics" | LOGS if !is_read => Err(Lost::Method("GET")),
        "/healthz" => Ok(Route::Health),
        "/metrics" => Ok(Route::Metrics),
        LOGS => Ok(Route::Logs(Box::new(lines(head.uri.query().unwrap_or_default())))),
        _ => {
            let function = path.strip_prefix(FUNCTIONS);
            let function = function.and_then(|rest| rest.strip_suffix(INVOCATIONS));
            let function = function.ok_or(Lost::Path)?;
            if head.method != Method::POST {
                return Err(Lost::Method("POST"));
            }
            invoke(function, head).map(|invoke| Route::Invoke(Box::new(invoke)))
        }
    }
}

fn operation(headers: &HeaderMap) -> Result<&'static str, Lost> {
    let target = only(headers, TARGET).ok_or(Lost::UnknownOperation)?;
    let name = target.strip_prefix(SERVICE).ok_or(Lost::UnknownOperation)?;
    faastlane_api::operation(name).ok_or(Lost::UnknownOperation)
}

/// The value of a header that is there once and is text.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    value.to_str().ok()
}

fn invoke(function: &str, head: &Parts) -> Result<Invoke, Lost> {
    let refused = |message: &str| Lost::Invocation(message.to_owned());
    let function = percent_decoded(function)
        .filter(|name| is_function_name(name))
        .ok_or_else(|| refused("1 validation error detected: Value at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?"))?;
    let qualifier = head.uri.query().unwrap_or_default().split('&').find_map(|pair| {
        let value = pair.strip_prefix("Qualifier=")?;
        Some(percent_decoded(value).filter(|name| is_function_name(name)))
    });
    let qualifier = match qualifier {
        Some(None) => {
            return Err(refused(
                "the Qualifier of the query is not the name of a version or alias",
            ));
        }
        Some(qualifier) => qualifier,
        None => None,
    };
    let header = |name: &str| head.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let kind = match header("x-amz-invocation-type") {
        None | Some("RequestResponse") => InvocationType::RequestResponse,
        Some("Event") => InvocationType::Event,
        Some("DryRun") => InvocationType::DryRun,
        Some(_) => {
            return Err(refused("X-Amz-Invocation-Type is RequestResponse, Event or DryRun"));
        }
    };
    let log_tail = match header("x-amz-log-type") {
        None | Some("None") => false,
        Some("Tail") => true,
        Some(_) => return Err(refused("X-Amz-Log-Type is None or Tail")),
    };
    let client_context = header("x-amz-client-context").map(str::to_owned);
    Ok(Invoke { function, qualifier, kind, log_tail, client_context })
}

/// What `after=N&function=NAME` asks for. What is no number is 0, so that no line is missed.
fn lines(query: &str) -> Lines {
    let value = |name: &str| {
        let value = |pair: &str| percent_decoded(pair.strip_prefix(name)?.strip_prefix('=')?);
        query.split('&').find_map(value)
    };
    let after = value("after").and_then(|number| number.parse().ok()).unwrap_or(0);
    Lines { after, function: value("function") }
}

/// Names and ARNs of functions have nothing in them that a path or a template would take for its own.
fn is_function_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:$".contains(&byte);
    // 140 are allowed for a name, 170 for a whole ARN.
    (1..=170).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('.')
}

/// `text` with `%3A` and the like decoded; `None` if that is not possible.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn found(method: &str, path: &str, headers: &[(&str, &str)]) -> Result<Route, Lost> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        find(&request.body(()).expect("it is a request").into_parts().0)
    }

    #[test]
    fn operations_are_found_by_their_target() {
        let check = |targets: &[&str], expected: Result<&'static str, Lost>| {
            let headers: Vec<_> = targets.iter().map(|target| ("x-amz-target", *target)).collect();
            assert_eq!(found("POST", "/", &headers), expected.map(Route::Operation), "{targets:?}");
        };
        check(&["AWSStepFunctions.StartExecution"], Ok("StartExecution"));
        check(&["AWSStepFunctions.TestState"], Ok("TestState"));
        check(&[], Err(Lost::UnknownOperation));
        check(&["StartExecution"], Err(Lost::UnknownOperation));
        check(&["awsstepfunctions.StartExecution"], Err(Lost::UnknownOperation));
        check(&["AWSStepFunctions.startExecution"], Err(Lost::UnknownOperation));
        check(&["AWSStepFunctions.../../etc/passwd"], Err(Lost::UnknownOperation));
        let twice = ["AWSStepFunctions.StartExecution", "AWSStepFunctions.StopExecution"];
        check(&twice, Err(Lost::UnknownOperation));
    }

    #[test]
    fn functions_are_found_by_their_path() {
        let check = |name: &str, function: &str| {
            let path = format!("/2015-03-31/functions/{name}/invocations");
            match found("POST", &path, &[]) {
                Ok(Route::Invoke(invoke)) => assert_eq!(invoke.function, function),
                other => panic!("{name}: {other:?}"),
            }
        };
        check("add", "add");
        check("add:PROD", "add:PROD");
        check(
            "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Aadd%3A%24LATEST",
            "arn:aws:lambda:us-east-1:123456789012:function:add:$LATEST",
        );
        for name in
            ["", ".", "..", "../x", "..%2Fx", "a%2Fb", "a%00", "%", "%zz", "a%C3", "a/b", "%7B%7B"]
        {
            let path = format!("/2015-03-31/functions/{name}/invocations");
            assert!(found("POST", &path, &[]).is_err(), "{name}");
        }
    }

    #[test]
    fn invocations_say_how() {
        let path = "/2015-03-31/functions/add/invocations?Qualifier=3";
        let headers = [
            ("X-Amz-Invocation-Type", "Event"),
            ("X-Amz-Log-Type", "Tail"),
            ("X-Amz-Client-Context", "e30="),
        ];
        let expected = Invoke {
            function: "add".to_owned(),
            qualifier: Some("3".to_owned()),
            kind: InvocationType::Event,
            log_tail: true,
            client_context: Some("e30=".to_owned()),
        };
        assert_eq!(found("POST", path, &headers), Ok(Route::Invoke(Box::new(expected))));
        for header in [("X-Amz-Invocation-Type", "Later"), ("X-Amz-Log-Type", "All")] {
            assert!(matches!(found("POST", path, &[header]), Err(Lost::Invocation(_))));
        }
    }

    #[test]
    fn lines_are_chosen_by_the_query() {
        let check = |query: &str, after: u64, function: Option<&str>| {
            let lines = Lines { after, function: function.map(str::to_owned) };
            let path = format!("/_faastlane/logs{query}");
            assert_eq!(found("GET", &path, &[]), Ok(Route::Logs(Box::new(lines))), "{query}");
        };
        check("", 0, None);
        check("?after=12", 12, None);
        check("?function=a%2Db&after=3", 3, Some("a-b"));
        check("?after=-1&function=%zz", 0, None);
        assert_eq!(found("POST", "/_faastlane/logs", &[]), Err(Lost::Method("GET")));
    }

    #[test]
    fn what_is_not_there_is_lost() {
        let check = |method: &str, path: &str, expected: Result<Route, Lost>| {
            assert_eq!(found(method, path, &[]), expected, "{method} {path}");
        };
        check("GET", "/healthz", Ok(Route::Health));
        check("HEAD", "/healthz", Ok(Route::Health));
        check("GET", "/metrics", Ok(Route::Metrics));
        check("POST", "/metrics", Err(Lost::Method("GET")));
        check("GET", "/", Err(Lost::Path));
        check("PUT", "/", Err(Lost::Method("POST")));
        check("OPTIONS", "/", Err(Lost::Method("POST")));
        check("GET", "/2015-03-31/functions/add/invocations", Err(Lost::Method("POST")));
        check("GET", "/../../etc/passwd", Err(Lost::Path));
        check("GET", "/healthz/", Err(Lost::Path));
        check("POST", "//", Err(Lost::Path));
        check("GET", "/favicon.ico", Err(Lost::Path));
    }
}
