//! The responses of one mock: `{"0": {"Return": …}, "1-2": {"Throw": {"Error": …, "Cause": …}}}`.

use faastlane_engine::Response;
use faastlane_value::located::{Data, Member, Node};

use super::Error;

/// Reads them; invocations begin with 0 and none is left out.
///
/// # Errors
/// The first mistake.
pub(super) fn read(node: &Node) -> Result<Vec<(u64, Response)>, Error> {
    if !matches!(node.data, Data::Object(_)) {
        return Err(Error::at(node, "a mocked response is an object of invocations"));
    }
    let mut ranges = Vec::new();
    for member in node.members() {
        let (first, last) = range(member)?;
        ranges.push((first, last, member));
    }
    ranges.sort_by_key(|(first, ..)| *first);
    let mut next = 0;
    let mut responses = Vec::with_capacity(ranges.len());
    for (first, last, member) in ranges {
        let at_key = |message| Error { place: member.key_place, message };
        if first < next {
            let message = format!("invocation {first} has another response already");
            return Err(at_key(message));
        }
        if first > next {
            let message = format!("invocation {next} has no response, only {first} and later ones");
            return Err(at_key(message));
        }
        responses.push((last, response(&member.value)?));
        next = last.saturating_add(1);
    }
    if responses.is_empty() {
        return Err(Error::at(node, "a mocked response needs at least the invocation \"0\""));
    }
    Ok(responses)
}

/// `0` or `1-2`
fn range(member: &Member) -> Result<(u64, u64), Error> {
    let key = member.key.as_str();
    let number = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    };
    let (first, last) = key.split_once('-').unwrap_or((key, key));
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => Ok((first, last)),
        _ => {
            let message = format!("'{key}' is no invocation; write \"0\", or a range as \"1-2\"");
            Err(Error { place: member.key_place, message })
        }
    }
}

/// `{"Return": …}` or `{"Throw": …}`
pub(super) fn response(node: &Node) -> Result<Response, Error> {
    match (node.get("Return"), node.get("Throw")) {
        (Some(result), None) => Ok(Response::Return(result.to_value())),
        (None, Some(failure)) => {
            let text = |name| match failure.get(name) {
                None => Ok(None),
                Some(text) => match text.as_str() {
                    Some(text) => Ok(Some(text.into())),
                    None => Err(Error::at(text, format!("'{name}' must be a string"))),
                },
            };
            let error = text("Error")?;
            let error =
                error.ok_or_else(|| Error::at(failure, "'Throw' needs the member 'Error'"))?;
            Ok(Response::Throw { error, cause: text("Cause")? })
        }
        (Some(_), Some(_)) => Err(Error::at(node, "a response has 'Return' or 'Throw', not both")),
        (None, None) => Err(Error::at(node, "a response needs 'Return' or 'Throw'")),
    }
}
