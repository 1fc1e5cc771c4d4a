//! Who is let in: clients with the token, and no web page.
//!
//! A token is what SDKs can send without any code: their access key id. `AWS_ACCESS_KEY_ID=TOKEN` with any secret key,
//! or `Authorization: Bearer TOKEN` for `curl` and Prometheus. The signature is not verified: that would keep the
//! token off the wire, but all else (inputs, outputs, task tokens) would still be plain text, so whoever serves a
//! network that is not trusted puts TLS in front.
//!
//! Pages in a browser reach loopback too, and after DNS rebinding even as the same origin. SDKs, `curl` and Prometheus
//! send none of what [`is_browser`] looks for, and browsers let no page leave all of it out.

use std::fmt;
use std::hint::black_box;

use hyper::HeaderMap;
use hyper::header::{
    AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, ORIGIN, REFERER, USER_AGENT,
};

/// A secret that clients have to know.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// A token that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a token has 16 to 128 characters of A-Z a-z 0-9 . _ ~ + -, as it is sent as an access key id: \
     make one with `openssl rand -hex 20`"
)]
pub struct TokenError;

impl Token {
    /// Takes `text` as the token.
    ///
    /// # Errors
    /// Text that is short enough to be guessed, or that an access key id cannot be.
    pub fn new(text: &str) -> Result<Self, TokenError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._~+-".contains(&byte);
        let is_token = (16..=128).contains(&text.len()) && text.bytes().all(allowed);
        if is_token { Ok(Self(text.to_owned())) } else { Err(TokenError) }
    }

    /// Whether a request has the token, in the time that it takes to compare all of it.
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return false };
        value.to_str().ok().and_then(secret).is_some_and(|given| self.is(given))
    }

    fn is(&self, given: &str) -> bool {
        let (own, given) = (self.0.as_bytes(), given.as_bytes());
        let mut difference = u8::from(own.len() != given.len());
        for (index, byte) in own.iter().enumerate() {
            difference |= black_box(byte ^ given.get(index).copied().unwrap_or(0));
        }
        black_box(difference) == 0
    }
}

/// A token is never shown.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The access key id of a signature, or the token of `Bearer`.
fn secret(authorization: &str) -> Option<&str> {
    let (scheme, rest) = authorization.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim());
    }
    credential_in(authorization)?.split('/').next()
}

/// The credential of a signature: `AKID/20261122/us-east-1/states/aws4_request`.
pub(super) fn credential(headers: &HeaderMap) -> Option<&str> {
    credential_in(headers.get(AUTHORIZATION)?.to_str().ok()?)
}

fn credential_in(authorization: &str) -> Option<&str> {
    let (scheme, rest) = authorization.split_once(' ')?;
    let credential = rest.split(',').find_map(|part| part.trim().strip_prefix("Credential="))?;
    scheme.starts_with("AWS4-").then_some(credential)
}

/// Whether a page that a browser shows has made the request, as far as headers tell that scripts cannot change.
pub(super) fn is_browser(headers: &HeaderMap) -> bool {
    const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
    [ORIGIN, REFERER, FETCH_SITE].iter().any(|name| headers.contains_key(name))
        || headers.get(USER_AGENT).is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"))
}

/// Whether the body's type is one that a page can send anywhere without asking first, and that no client of ours
/// sends. Forms are not among them: it is the type that `curl -d` has.
pub(super) fn is_page_content(headers: &HeaderMap) -> bool {
    let is_page = |value: &HeaderValue| {
        let value = value.as_bytes().to_ascii_lowercase();
        value.starts_with(b"text/plain") || value.starts_with(b"multipart/")
    };
    headers.get_all(CONTENT_TYPE).iter().any(is_page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        let header = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        list.iter().map(header).collect()
    }

    #[test]
    fn a_token_is_an_access_key_id_or_a_bearer() {
        let token = Token::new("0123456789abcdef").expect("it is long enough");
        let check = |authorization: &'static str, expected: bool| {
            let headers = headers(&[("authorization", authorization)]);
            assert_eq!(token.is_in(&headers), expected, "{authorization}");
        };
        check("Bearer 0123456789abcdef", true);
        check("bearer  0123456789abcdef ", true);
        check(
            "AWS4-HMAC-SHA256 Credential=0123456789abcdef/20261122/us-east-1/states/aws4_request, \
             SignedHeaders=host, Signature=00",
            true,
        );
        check("AWS4-HMAC-SHA256 SignedHeaders=host,Credential=0123456789abcdef/x", true);
        check("Bearer 0123456789abcdee", false);
        check("Bearer 0123456789abcdef0", false);
        check("Bearer 0123456789abcde", false);
        check("Bearer", false);
        check("Basic 0123456789abcdef", false);
        check("Basic Credential=0123456789abcdef/", false);
        check("AWS4-HMAC-SHA256 Credential=", false);
        check("", false);
        assert!(!token.is_in(&HeaderMap::new()));
        let mut twice = headers(&[("authorization", "Bearer x")]);
        twice.append(AUTHORIZATION, HeaderValue::from_static("Bearer 0123456789abcdef"));
        assert!(!token.is_in(&twice));
        assert_eq!(format!("{token:?}"), "Token(…)");
    }

    #[test]
    fn tokens_that_can_be_guessed_or_not_sent_are_refused() {
        for text in ["", "short", "0123456789abcde", "0123456789abcdef/", "0123456789 abcdef"] {
            assert_eq!(Token::new(text), Err(TokenError), "{text}");
        }
    }

    #[test]
    fn pages_are_told_from_clients() {
        let check = |list: &[(&'static str, &'static str)], expected: (bool, bool)| {
            let headers = headers(list);
            assert_eq!((is_browser(&headers), is_page_content(&headers)), expected, "{list:?}");
        };
        check(&[], (false, false));
        check(&[("user-agent", "Boto3/1.44 md/Botocore")], (false, false));
        check(&[("user-agent", "curl/8"), ("content-type", "application/json")], (false, false));
        check(&[("content-type", "application/x-www-form-urlencoded")], (false, false));
        check(&[("origin", "null")], (true, false));
        check(&[("origin", "http://localhost:8083")], (true, false));
        check(&[("referer", "http://evil.example/")], (true, false));
        check(&[("sec-fetch-site", "same-origin")], (true, false));
        check(&[("user-agent", "Mozilla/5.0 (X11)")], (true, false));
        check(&[("content-type", "Text/Plain; charset=utf-8")], (false, true));
        check(&[("content-type", "multipart/form-data; boundary=x")], (false, true));
    }
}
