//! The trace that a request belongs to, as X-Ray and W3C write it.
//!
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader> and
//! <https://www.w3.org/TR/trace-context/#traceparent-header>. An X-Ray id is a W3C id in two parts: its first eight digits
//! are a time.

use std::fmt;

use hyper::HeaderMap;

/// Where in which trace something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace.
    pub trace: u128,
    /// The span that is the parent of what happens.
    pub parent: Option<u64>,
    /// Whether the trace is kept; `None` if that was not said.
    pub sampled: Option<bool>,
}

impl TraceContext {
    /// Reads `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`; `None` if it has no root.
    #[must_use]
    pub fn of_xray(header: &str) -> Option<Self> {
        let field = |name: &str| {
            header.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
        };
        let (time, rest) = field("Root")?.strip_prefix("1-")?.split_once('-')?;
        let trace = (u128::from(hex(time, 8)?) << 96) | wide_hex(rest, 24)?;
        let parent = field("Parent").and_then(|parent| hex(parent, 16));
        let sampled = match field("Sampled") {
            Some("1") => Some(true),
            Some("0") => Some(false),
            _ => None,
        };
        Some(Self { trace, parent, sampled })
    }

    /// Reads `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`.
    #[must_use]
    pub fn of_w3c(header: &str) -> Option<Self> {
        let mut parts = header.trim().split('-');
        let mut part = || parts.next();
        let (version, trace, parent, flags) = (part()?, part()?, part()?, part()?);
        if hex(version, 2)? == 0xff || (version == "00" && part().is_some()) {
            return None;
        }
        let (trace, parent) = (wide_hex(trace, 32)?, hex(parent, 16)?);
        let sampled = hex(flags, 2)? & 1 == 1;
        (trace != 0 && parent != 0).then_some(Self {
            trace,
            parent: Some(parent),
            sampled: Some(sampled),
        })
    }
}

/// As X-Ray writes it.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let low = self.trace & ((1 << 96) - 1);
        write!(f, "Root=1-{:08x}-{low:024x}", self.trace >> 96)?;
        if let Some(parent) = self.parent {
            write!(f, ";Parent={parent:016x}")?;
        }
        match self.sampled {
            Some(sampled) => write!(f, ";Sampled={}", u8::from(sampled)),
            None => Ok(()),
        }
    }
}

/// The trace of a request's headers, as X-Ray writes it: `X-Amzn-Trace-Id` or else `traceparent`.
#[must_use]
pub fn trace_of_headers(headers: &HeaderMap) -> Option<String> {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    // Step Functions takes 256 characters for a trace header, Lambda passes on what it gets.
    let xray = header("x-amzn-trace-id").filter(|text| text.len() <= 256);
    if let Some(xray) = xray.filter(|text| TraceContext::of_xray(text).is_some()) {
        return Some(xray.to_owned());
    }
    header("traceparent").and_then(TraceContext::of_w3c).map(|context| context.to_string())
}

fn hex(text: &str, digits: usize) -> Option<u64> {
    wide_hex(text, digits).and_then(|number| u64::try_from(number).ok())
}

/// A number of exactly so many lower or upper case digits.
fn wide_hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_xray_are_read_and_written() {
        let check = |header: &str, expected: Option<&str>| {
            let written = TraceContext::of_xray(header).map(|context| context.to_string());
            assert_eq!(written.as_deref(), expected, "{header}");
        };
        let root = "Root=1-5759e988-bd862e3fe1be46a994272793";
        check(root, Some(root));
        let full = format!("{root};Parent=53995c3f42cd8ad8;Sampled=1");
        check(&full, Some(&full));
        check(&format!("Sampled=0; {root}; Self=1-x"), Some(&format!("{root};Sampled=0")));
        check(&format!("{root};Parent=zz;Sampled=?"), Some(root));
        check("Root=1-5759e988-bd862e3fe1be46a99427279", None);
        check("Root=2-5759e988-bd862e3fe1be46a994272793", None);
        check("Root=1-+759e988-bd862e3fe1be46a994272793", None);
        check("", None);
    }

    #[test]
    fn a_traceparent_becomes_a_header_of_xray() {
        let check = |header: &str, expected: Option<&str>| {
            let written = TraceContext::of_w3c(header).map(|context| context.to_string());
            assert_eq!(written.as_deref(), expected, "{header}");
        };
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";
        let xray = "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331";
        check(&format!("{trace}-01"), Some(&format!("{xray};Sampled=1")));
        check(&format!("{trace}-00"), Some(&format!("{xray};Sampled=0")));
        check(&format!("{trace}-01-more"), None);
        check(trace, None);
        check("00-00000000000000000000000000000000-b7ad6b7169203331-01", None);
        check("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", None);
    }
}
