//! The names of CloudFormation's intrinsic functions.
//!
//! A misspelt one is told wherever it stands in a template, even in a part that is not read
//! further.

use std::path::Path;

use faastlane_value::located::{Data, Node};

use crate::error::{At, Error};
use crate::spelling::distance;

const KNOWN: [&str; 26] = [
    "Condition",
    "Fn::And",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::Contains",
    "Fn::EachMemberEquals",
    "Fn::EachMemberIn",
    "Fn::Equals",
    "Fn::FindInMap",
    "Fn::GetAZs",
    "Fn::GetAtt",
    "Fn::GetStackOutput",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Length",
    "Fn::Not",
    "Fn::Or",
    "Fn::RefAll",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Fn::Transform",
    "Fn::ValueOf",
    "Ref",
];

/// Whether CloudFormation has the function whose long form is `key`.
pub(crate) fn is_known(key: &str) -> bool {
    KNOWN.contains(&key) || key.starts_with("Fn::ForEach::")
}

/// What to say about the unknown function `key`, which stands in the text as `written`.
pub(crate) fn unknown(key: &str, written: &str) -> String {
    let short = !written.starts_with("Fn::");
    let name = |key: &str| if short { format!("!{}", bare(key)) } else { key.to_owned() };
    let far = |known: &&&str| distance(bare(known), bare(key));
    let nearest = KNOWN.iter().min_by_key(far).expect("KNOWN is not empty");
    if far(&nearest) <= bare(key).len() / 3 {
        format!("unknown intrinsic function `{written}`; did you mean `{}`?", name(nearest))
    } else {
        format!("unknown intrinsic function `{written}`")
    }
}

/// `GetAtt` of `Fn::GetAtt`.
fn bare(key: &str) -> &str {
    key.strip_prefix("Fn::").unwrap_or(key)
}

/// Looks through a whole template for functions that do not exist.
pub(crate) fn check_all(file: &Path, node: &Node) -> Result<(), Error> {
    if let Data::Array(items) = &node.data {
        return items.iter().try_for_each(|item| check_all(file, item));
    }
    for member in node.members() {
        if member.key.starts_with("Fn::") && !is_known(&member.key) {
            let message = unknown(&member.key, &member.key);
            return Err(Error::Invalid { at: At::new(file, member.key_place), message });
        }
        check_all(file, &member.value)?;
    }
    Ok(())
}
