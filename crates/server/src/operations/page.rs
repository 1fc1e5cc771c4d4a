//! Pages of long lists: how many items, and tokens that name the next ones.
//!
//! A token is the number that the store's next page comes after and a hash of the list that it belongs to,
//! in hexadecimal digits: whoever changes a filter between two pages gets `InvalidToken` and no wrong page.
//! AWS's tokens expire after 24 hours; these do not.

use faastlane_api::Error;

use super::answer::Answer;
use super::request::Request;

/// How many items a page has by default (API reference, `maxResults`).
const DEFAULT: u64 = 100;
/// How many at most.
const MOST: u64 = 1000;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    /// The list's hash.
    list: u64,
    /// What the store's page comes after.
    pub(super) after: Option<i64>,
    pub(super) limit: usize,
}

impl Request<'_> {
    /// The page that is asked for of a list, which is told from others by its operation and filters.
    pub(super) fn page(&self, list: &[&str]) -> Result<Asked, Error> {
        let list = hash(list);
        let after = match self.text("nextToken") {
            None => None,
            Some(token) => Some(read(token, list).ok_or_else(Error::invalid_token)?),
        };
        let limit = self.count("maxResults").filter(|count| *count > 0).unwrap_or(DEFAULT);
        Ok(Asked { list, after, limit: usize::try_from(limit.min(MOST)).unwrap_or(0) })
    }
}

impl Asked {
    /// An answer with the token of the next page, if there is one.
    pub(super) fn end(&self, answer: Answer, next: Option<i64>) -> Answer {
        answer.maybe("nextToken", next.map(|next| format!("{next:016x}{:016x}", self.list)))
    }
}

fn read(token: &str, list: u64) -> Option<i64> {
    let (next, of) = token.split_at_checked(16)?;
    let digits = |text: &str| text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if !digits(next) || !digits(of) || u64::from_str_radix(of, 16).ok()? != list {
        return None;
    }
    i64::from_str_radix(next, 16).ok()
}

/// FNV-1a, with a byte between texts that none of them has.
fn hash(texts: &[&str]) -> u64 {
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use faastlane_value::Value;

    use super::*;

    fn asked(members: &[(&'static str, Value)], list: &[&str]) -> Result<Asked, Error> {
        let body = Value::object(members.to_vec());
        Request { body: &body, credential: None }.page(list)
    }

    #[test]
    fn pages_have_a_hundred_items_unless_told() {
        let check = |max: Option<i64>, expected: usize| {
            let members: Vec<_> =
                max.map(|max| ("maxResults", Value::from(max))).into_iter().collect();
            assert_eq!(asked(&members, &["L"]).map(|asked| asked.limit), Ok(expected), "{max:?}");
        };
        check(None, 100);
        check(Some(0), 100);
        check(Some(7), 7);
        check(Some(1000), 1000);
    }

    #[test]
    fn a_token_belongs_to_its_list() {
        let first = asked(&[], &["ListExecutions", "m", "RUNNING"]).expect("it is the first page");
        let answer = first.end(Answer::default(), Some(42)).build();
        let token =
            answer.get("nextToken").and_then(Value::as_str).expect("there is more").to_owned();
        let after = |token: &str, list: &[&str]| {
            asked(&[("nextToken", Value::from(token))], list).map(|asked| asked.after)
        };
        assert_eq!(after(&token, &["ListExecutions", "m", "RUNNING"]), Ok(Some(42)));
        for list in [["ListExecutions", "m", "FAILED"], ["ListExecutions", "mRUNNING", ""]] {
            assert_eq!(after(&token, &list), Err(Error::invalid_token()), "{list:?}");
        }
        for wrong in ["x", "", &token[1..], &format!("{token}0"), &"é".repeat(16), &"+".repeat(32)]
        {
            let found = after(wrong, &["ListExecutions", "m", "RUNNING"]);
            assert_eq!(found, Err(Error::invalid_token()), "{wrong}");
        }
        assert_eq!(first.end(Answer::default(), None).build().to_json(), "{}");
    }
}
