//! Requests that are refused before they reach anybody.

use hyper::{HeaderMap, StatusCode};

use super::access::{self, Token};
use super::answer::{self, Answer, Dialect, Refusal};
use super::route::{Lost, Route};

/// Refuses requests without the token, and those that a web page has made.
pub(super) fn admit(
    route: &Route,
    headers: &HeaderMap,
    token: Option<&Token>,
) -> Result<(), Refusal> {
    let is_private = !matches!(route, Route::Health | Route::Metrics);
    if is_private && access::is_browser(headers) {
        let message = "requests of web pages are refused: a page could start executions on the machine of \
            whoever looks at it. Send no Origin, Referer or Sec-Fetch-Site header, and not a browser's User-Agent";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "AccessDeniedException", message));
    }
    if is_private && access::is_page_content(headers) {
        let message = "the Content-Type is application/x-amz-json-1.0 or application/json";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Refusal::new(status, "UnsupportedMediaTypeException", message));
    }
    let is_open = *route == Route::Health;
    if !is_open && token.is_some_and(|token| !token.is_in(headers)) {
        let message = "this server was started with a token: set AWS_ACCESS_KEY_ID to it \
            (the secret key may be anything), or send `Authorization: Bearer TOKEN`";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "UnrecognizedClientException", message));
    }
    Ok(())
}

/// The answer to a request for something that is not there.
pub(super) fn lost(lost: &Lost, dialect: Dialect) -> Answer {
    let refusal = match lost {
        Lost::UnknownOperation => Refusal::new(
            StatusCode::BAD_REQUEST,
            "UnknownOperationException",
            "the X-Amz-Target header is not AWSStepFunctions. and an operation of the Step Functions API",
        ),
        Lost::Invocation(message) => {
            let code = "InvalidParameterValueException";
            Refusal::new(StatusCode::BAD_REQUEST, code, message)
        }
        Lost::Path => Refusal::new(StatusCode::NOT_FOUND, "NotFound", PEOPLE),
        Lost::Method(methods) => {
            let status = StatusCode::METHOD_NOT_ALLOWED;
            let message = format!("this address answers {methods} only");
            Refusal::new(status, "MethodNotAllowed", message)
        }
    };
    let mut answer = refusal.answer(dialect);
    if let Lost::Method(methods) = lost {
        answer::allow(&mut answer, methods);
    }
    answer
}

/// What people see who open the server's address in a browser.
const PEOPLE: &str = "There is no page here. This is Faastlane, which answers the Step Functions API for SDKs and the AWS CLI:\n\
    set AWS_ENDPOINT_URL_SFN to this address (and AWS_DISABLE_HOST_PREFIX_INJECTION=true), then try\n\
    \n    aws stepfunctions list-state-machines\n\n\
    /healthz says whether the server works, /metrics what it has done, and functions are called at\n\
    /2015-03-31/functions/NAME/invocations (AWS_ENDPOINT_URL_LAMBDA).";

pub(super) fn dialect(route: &Result<Route, Lost>, path: &str) -> Dialect {
    match route {
        Ok(Route::Operation(_)) | Err(Lost::UnknownOperation) => Dialect::StepFunctions,
        Ok(Route::Invoke(_)) | Err(Lost::Invocation(_)) => Dialect::Lambda,
        Err(_) if path.starts_with("/2015-03-31/") => Dialect::Lambda,
        Ok(Route::Health | Route::Metrics | Route::Logs(_)) | Err(Lost::Path | Lost::Method(_)) => {
            Dialect::Plain
        }
    }
}
