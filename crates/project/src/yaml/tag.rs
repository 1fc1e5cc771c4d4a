//! CloudFormation's short forms: `!Sub x` is `{"Fn::Sub": "x"}`.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>

use faastlane_value::located::{Data, Member, Node};

use crate::template::intrinsic;

/// Puts `node` under the long form of the tag `!name`.
///
/// # Errors
/// A tag that CloudFormation does not have; the text says so and names the nearest one.
pub(super) fn long_form(name: &str, node: Node) -> Result<Node, String> {
    let key = match name {
        "Ref" | "Condition" => name.to_owned(),
        _ => format!("Fn::{name}"),
    };
    if !intrinsic::is_known(&key) {
        return Err(intrinsic::unknown(&key, &format!("!{name}")));
    }
    let place = node.place;
    let value = if name == "GetAtt" { dotted(node) } else { node };
    let member = Member { key: key.into(), key_place: place, value };
    Ok(Node { place, data: Data::Object(vec![member]) })
}

/// `X.Arn` as the long form's `["X", "Arn"]`.
fn dotted(node: Node) -> Node {
    let Some((resource, attribute)) = node.as_str().and_then(|text| text.split_once('.')) else {
        return node;
    };
    let part = |text: &str| Node { place: node.place, data: Data::String(text.into()) };
    Node { place: node.place, data: Data::Array(vec![part(resource), part(attribute)]) }
}
