//! SAM's `Globals`: properties that all functions of a template share.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>

use faastlane_value::located::{Data, Member, Node};

/// A resource's properties over the shared ones: objects merge key by key, lists follow the shared
/// list, anything else replaces it.
pub(super) fn merged(shared: &Node, own: &Node) -> Node {
    let data = match (&shared.data, &own.data) {
        (Data::Object(shared), Data::Object(own)) if !is_function(shared) && !is_function(own) => {
            Data::Object(merged_members(shared, own))
        }
        (Data::Array(shared), Data::Array(own)) => Data::Array([&shared[..], &own[..]].concat()),
        _ => own.data.clone(),
    };
    Node { place: own.place, data }
}

fn merged_members(shared: &[Member], own: &[Member]) -> Vec<Member> {
    let mut members = shared.to_vec();
    for member in own {
        match members.iter_mut().rev().find(|other| other.key == member.key) {
            // A repeated key of the same object replaces, it does not merge.
            Some(other) => {
                let from_globals = shared.iter().rev().find(|global| global.key == member.key);
                let value = match from_globals {
                    Some(global) => merged(&global.value, &member.value),
                    None => member.value.clone(),
                };
                *other = Member { value, ..member.clone() };
            }
            None => members.push(member.clone()),
        }
    }
    members
}

/// Whether an object is an intrinsic function, which is one value and not a map.
fn is_function(members: &[Member]) -> bool {
    matches!(members, [member] if member.key == "Ref" || member.key.starts_with("Fn::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_properties_win() {
        let check = |shared: &str, own: &str, expected: &str| {
            let parse = |text| faastlane_value::located::parse(text).unwrap();
            assert_eq!(merged(&parse(shared), &parse(own)).to_value().to_json(), expected);
        };
        check(
            r#"{"Timeout":3,"Runtime":"a"}"#,
            r#"{"Timeout":5}"#,
            r#"{"Timeout":5,"Runtime":"a"}"#,
        );
        check(
            r#"{"Environment":{"Variables":{"A":"1","B":"2"}}}"#,
            r#"{"Environment":{"Variables":{"B":"3","C":"4"}}}"#,
            r#"{"Environment":{"Variables":{"A":"1","B":"3","C":"4"}}}"#,
        );
        check(r#"{"Layers":["g"]}"#, r#"{"Layers":["o"]}"#, r#"{"Layers":["g","o"]}"#);
        check(r#"{"A":{"Ref":"X"}}"#, r#"{"A":{"Fn::Sub":"y"}}"#, r#"{"A":{"Fn::Sub":"y"}}"#);
        check("{}", r#"{"A":1,"A":2}"#, r#"{"A":2}"#);
        check(r#"{"A":{"x":1}}"#, r#"{"A":{"y":1},"A":{"z":1}}"#, r#"{"A":{"x":1,"z":1}}"#);
    }
}
