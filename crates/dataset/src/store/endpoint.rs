//! A service that speaks S3's API: MinIO, moto, LocalStack, or another one on this machine.
//!
//! Buckets are the first part of the path, as all of these understand it.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::time::Duration;

use jiff::Timestamp;
use roxmltree::{Document, Node};
use serde::{Deserialize, Serialize};
use ureq::http::{Request, Response};
use ureq::{Agent, Body, SendBody};

use super::signature::{Signer, Unsigned, encode};
use super::{Object, PAGE};
use crate::Error;

/// Where a service is, and who we are there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// `http://localhost:9000`
    url: String,
    region: String,
    access_key: String,
    secret_key: String,
    session_token: Option<String>,
}

/// How long a service may take to say anything.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much of an error is read.
const ERROR_BYTES: u64 = 64 * 1024;
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// The client, which keeps connections.
pub(super) fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        // What a user has set for the world outside does not hold for a service of the project.
        .proxy(None);
    config.build().new_agent()
}

impl Endpoint {
    /// See [`super::Location::of_environment`]. Without credentials, those that test services take.
    pub(super) fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let given = |names: &[&str]| {
            names.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()))
        };
        let or_test = |names: &[&str]| given(names).unwrap_or_else(|| "test".to_owned());
        Some(Self {
            url: given(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])?,
            region: given(&["AWS_REGION", "AWS_DEFAULT_REGION"])
                .unwrap_or_else(|| "us-east-1".to_owned()),
            access_key: or_test(&["AWS_ACCESS_KEY_ID"]),
            secret_key: or_test(&["AWS_SECRET_ACCESS_KEY"]),
            session_token: given(&["AWS_SESSION_TOKEN"]),
        })
    }

    pub(super) fn open(
        &self,
        agent: &Agent,
        bucket: &str,
        key: &str,
        offset: u64,
    ) -> Result<Box<dyn Read>, Error> {
        let range = (offset > 0).then(|| format!("bytes={offset}-"));
        let target = Target { method: "GET", bucket, key, query: "" };
        let extra = range.as_deref().map(|range| ("range", range));
        let response = self.send(agent, target, extra, SendBody::none())?;
        // The offset is the end.
        if response.status() == 416 {
            return Ok(Box::new(std::io::empty()));
        }
        Ok(Box::new(response.into_body().into_reader()))
    }

    pub(super) fn list(
        &self,
        agent: &Agent,
        bucket: &str,
        prefix: &str,
        after: &str,
    ) -> Result<Vec<Object>, Error> {
        let mut query = format!("list-type=2&max-keys={PAGE}");
        for (name, value) in [("prefix", prefix), ("start-after", after)] {
            if !value.is_empty() {
                query.push_str(&format!("&{name}={}", encode(value, false)));
            }
        }
        let target = Target { method: "GET", bucket, key: "", query: &query };
        let mut response = self.send(agent, target, None, SendBody::none())?;
        let text = response.body_mut().read_to_string();
        let text = text.map_err(|error| self.error(&target, error.to_string()))?;
        objects(&text).map_err(|what| self.error(&target, what))
    }

    pub(super) fn put(
        &self,
        agent: &Agent,
        bucket: &str,
        key: &str,
        file: File,
        length: u64,
    ) -> Result<(), Error> {
        let length = length.to_string();
        let target = Target { method: "PUT", bucket, key, query: "" };
        let mut file = file;
        let body = SendBody::from_reader(&mut file);
        self.send(agent, target, Some(("content-length", &length)), body).map(drop)
    }

    /// Sends a request. An answer that is an error is one, but for a range that begins at the end.
    fn send(
        &self,
        agent: &Agent,
        target: Target<'_>,
        extra: Option<(&str, &str)>,
        body: SendBody<'_>,
    ) -> Result<Response<Body>, Error> {
        let host = self.url.trim_end_matches('/').strip_prefix("http://");
        let host = host.filter(|host| !host.is_empty() && !host.contains('/'));
        let host = host.ok_or_else(|| Error::Endpoint(self.url.clone()))?;
        let Target { method, query, .. } = target;
        let path = target.path();
        let unsigned = Unsigned { method, host, path: &path, query, payload: UNSIGNED };
        let separator = if query.is_empty() { "" } else { "?" };
        let mut request =
            Request::builder().method(method).uri(format!("http://{host}{path}{separator}{query}"));
        for (name, value) in self.signer().headers(unsigned, Timestamp::now()) {
            request = request.header(name, value);
        }
        if let Some((name, value)) = extra {
            request = request.header(name, value);
        }
        let failed = |what: String| self.error(&target, what);
        let request = request.body(body).map_err(|error| failed(error.to_string()))?;
        let response = agent.run(request).map_err(|error| failed(error.to_string()))?;
        let status = response.status();
        if status.is_success() || status == 416 {
            return Ok(response);
        }
        Err(self.refused(&target, response))
    }

    fn signer(&self) -> Signer<'_> {
        Signer {
            access_key: &self.access_key,
            secret_key: &self.secret_key,
            session_token: self.session_token.as_deref(),
            region: &self.region,
        }
    }

    /// What an answer says that is an error.
    fn refused(&self, target: &Target<'_>, response: Response<Body>) -> Error {
        let status = response.status();
        let mut text = String::new();
        let body = response.into_body().into_reader().take(ERROR_BYTES).read_to_string(&mut text);
        let (code, message) = body.ok().and_then(|_| refusal(&text)).unwrap_or_default();
        let (bucket, key) = (target.bucket.to_owned(), target.key.to_owned());
        match code.as_str() {
            "NoSuchBucket" => Error::NoSuchBucket { bucket, hint: format!(" at {}", self.url) },
            "NoSuchKey" => Error::NoSuchKey { bucket, key },
            "" => self.error(target, format!("the service answered with status {status}")),
            _ => self.error(target, format!("{message} ({status}, {code})")),
        }
    }

    fn error(&self, target: &Target<'_>, what: String) -> Error {
        Error::Http { url: format!("{}{}", self.url.trim_end_matches('/'), target.path()), what }
    }
}

/// Nobody is to read the secret in a log.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What a request is about.
#[derive(Clone, Copy)]
struct Target<'a> {
    method: &'static str,
    bucket: &'a str,
    key: &'a str,
    /// Encoded, sorted by name.
    query: &'a str,
}

impl Target<'_> {
    fn path(&self) -> String {
        format!("/{}/{}", encode(self.bucket, false), encode(self.key, true))
    }
}

/// `Code` and `Message` of an error.
fn refusal(xml: &str) -> Option<(String, String)> {
    let document = Document::parse(xml).ok()?;
    let part = |name| text_of(document.root_element(), name).unwrap_or_default().to_owned();
    Some((part("Code"), part("Message")))
}

/// The objects of a listing.
fn objects(xml: &str) -> Result<Vec<Object>, String> {
    let document = Document::parse(xml).map_err(|error| error.to_string())?;
    let entries = document.root_element().children().filter(|node| is_named(node, "Contents"));
    entries
        .map(|entry| {
            let part = |name| text_of(entry, name).unwrap_or_default();
            let modified: Option<Timestamp> = part("LastModified").parse().ok();
            Ok(Object {
                key: part("Key").to_owned(),
                etag: part("ETag").to_owned(),
                last_modified: modified.map_or(0, Timestamp::as_second),
                size: part("Size").parse().map_err(|_| "an object without a size".to_owned())?,
                storage_class: part("StorageClass").to_owned(),
            })
        })
        .collect()
}

fn text_of<'d>(node: Node<'d, '_>, name: &str) -> Option<&'d str> {
    node.children().find(|child| is_named(child, name))?.text()
}

/// Whatever its namespace is: services differ.
fn is_named(node: &Node<'_, '_>, name: &str) -> bool {
    node.tag_name().name() == name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_an_endpoint() {
        let check = |variables: &[(&str, &str)], expected: Option<(&str, &str, &str)>| {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let found = Endpoint::of_environment(variable);
            let found =
                found.map(|Endpoint { url, region, access_key, .. }| (url, region, access_key));
            let expected =
                expected.map(|(url, region, key)| (url.into(), region.into(), key.into()));
            assert_eq!(found, expected);
        };
        check(&[("AWS_REGION", "eu-west-1")], None);
        check(&[("AWS_ENDPOINT_URL_S3", "")], None);
        check(&[("AWS_ENDPOINT_URL", "http://a:1")], Some(("http://a:1", "us-east-1", "test")));
        check(
            &[
                ("AWS_ENDPOINT_URL", "http://a:1"),
                ("AWS_ENDPOINT_URL_S3", "http://b:2"),
                ("AWS_DEFAULT_REGION", "eu-west-1"),
                ("AWS_ACCESS_KEY_ID", "me"),
            ],
            Some(("http://b:2", "eu-west-1", "me")),
        );
    }

    #[test]
    fn answers_are_understood() {
        let listing = r#"<?xml version="1.0"?><ListBucketResult xmlns="http://s3/"><Name>b</Name>
            <Contents><Key>a&amp;b/ü.csv</Key><LastModified>2022-11-17T15:44:41.000Z</LastModified>
            <ETag>&quot;0570&quot;</ETag><Size>34910</Size><StorageClass>STANDARD</StorageClass>
            </Contents><IsTruncated>false</IsTruncated></ListBucketResult>"#;
        let found = objects(listing).unwrap();
        let expected = r#"{"Etag":"\"0570\"","Key":"a&b/ü.csv","LastModified":1668699881,"Size":34910,"StorageClass":"STANDARD"}"#;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].to_value().to_json(), expected);
        let error = "<Error><Code>AccessDenied</Code><Message>No.</Message></Error>";
        assert_eq!(refusal(error), Some(("AccessDenied".to_owned(), "No.".to_owned())));
        assert_eq!(refusal("oops"), None);
    }
}
