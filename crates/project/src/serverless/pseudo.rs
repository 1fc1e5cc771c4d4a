//! `#{AWS::Region}`: pseudo parameters as the plugin serverless-pseudo-parameters writes them.
//!
//! Services from before `${aws:region}` hold many of them, in ARNs.

use crate::template::pseudo;

/// A text with the values of its pseudo parameters; what has none stays.
pub(super) fn with_pseudo_parameters(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("#{AWS::") {
        let (before, variable) = rest.split_at(start);
        let value = variable.find('}').and_then(|end| Some((end, pseudo(&variable[2..end], "")?)));
        result.push_str(before);
        match value {
            Some((end, value)) => {
                result.push_str(&value);
                rest = &variable[end + 1..];
            }
            None => {
                result.push_str("#{");
                rest = &variable[2..];
            }
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pseudo_parameters() {
        let check = |text: &str, expected: &str| assert_eq!(with_pseudo_parameters(text), expected);
        check("a:#{AWS::Region}:#{AWS::AccountId}:b", "a:us-east-1:123456789012:b");
        check("#{AWS::Nothing} #{AWS::Region", "#{AWS::Nothing} #{AWS::Region");
        check("#{x} ${AWS::Region}", "#{x} ${AWS::Region}");
    }
}
