//! Signature version 4 of AWS, for requests whose body is not signed.
//!
//! Source: "Signature Version 4 signing process" and, for S3, "Authenticating Requests: Using the
//! Authorization Header", of which the tests have their numbers.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

/// Who signs, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signer<'a> {
    pub(super) access_key: &'a str,
    pub(super) secret_key: &'a str,
    pub(super) session_token: Option<&'a str>,
    pub(super) region: &'a str,
}

/// A request to be signed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unsigned<'a> {
    pub(super) method: &'a str,
    /// With its port.
    pub(super) host: &'a str,
    /// Encoded, as it is sent.
    pub(super) path: &'a str,
    /// Encoded, sorted by name.
    pub(super) query: &'a str,
    /// The hash of the body in hexadecimal digits, or `UNSIGNED-PAYLOAD`.
    pub(super) payload: &'a str,
}

impl Signer<'_> {
    /// The headers that a request gets beside `Host`, in the order of their names.
    pub(super) fn headers(
        &self,
        request: Unsigned<'_>,
        at: Timestamp,
    ) -> Vec<(&'static str, String)> {
        let time = at.strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut headers = vec![
            ("host", request.host.to_owned()),
            ("x-amz-content-sha256", request.payload.to_owned()),
            ("x-amz-date", time.clone()),
        ];
        if let Some(token) = self.session_token {
            headers.push(("x-amz-security-token", token.to_owned()));
        }
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines: String =
            headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let Unsigned { method, path, query, payload, .. } = request;
        let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{payload}");
        let scope = format!("{}/{}/s3/aws4_request", &time[..8], self.region);
        let hash = hex(&Sha256::digest(canonical));
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{hash}");
        let signature = hex(&authenticate(&self.key(&time[..8]), &text));
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope},SignedHeaders={names},Signature={signature}",
            self.access_key
        );
        headers.remove(0);
        headers.insert(0, ("authorization", authorization));
        headers
    }

    fn key(&self, date: &str) -> [u8; 32] {
        let secret = format!("AWS4{}", self.secret_key);
        let steps = [date, self.region, "s3", "aws4_request"];
        let first = authenticate(secret.as_bytes(), steps[0]);
        steps[1..].iter().fold(first, |key, step| authenticate(&key, step))
    }
}

fn authenticate(key: &[u8], text: &str) -> [u8; 32] {
    let mut code = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    code.update(text.as_bytes());
    code.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Percent-encodes all but what URIs leave as it is, and `/` where `slash` says so.
pub(super) fn encode(text: &str, slash: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            b'/' if slash => encoded.push('/'),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "Example: GET Bucket (List Objects)" of the page above.
    #[test]
    fn the_example_of_aws_is_signed_as_there() {
        let signer = Signer {
            access_key: "AKIAIOSFODNN7EXAMPLE",
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            session_token: None,
            region: "us-east-1",
        };
        let request = Unsigned {
            method: "GET",
            host: "examplebucket.s3.amazonaws.com",
            path: "/",
            query: "max-keys=2&prefix=J",
            payload: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        };
        let at = "2013-05-24T00:00:00Z".parse().unwrap();
        let headers = signer.headers(request, at);
        let expected = "AWS4-HMAC-SHA256 \
             Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders=host;x-amz-content-sha256;x-amz-date,\
             Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
        assert_eq!(headers[0], ("authorization", expected.to_owned()));
    }

    #[test]
    fn names_are_encoded() {
        assert_eq!(encode("a b/ü+~", true), "a%20b/%C3%BC%2B~");
        assert_eq!(encode("a/b", false), "a%2Fb");
    }
}
