//! `Parameters` and pseudo parameters.

use faastlane_value::located::{Data, Node, Place};

use super::evaluate::{Evaluator, scalar_text};
use crate::arn::{ACCOUNT, REGION};
use crate::error::{At, Error};

impl Evaluator<'_> {
    /// The value of the template's parameter `name`; `None` if it has no such parameter.
    ///
    /// The user's value wins over `Default`. Values are text, as on AWS, and lists for list types.
    pub(super) fn parameter(&mut self, name: &str, place: Place) -> Result<Option<Node>, Error> {
        let parameters = self.root.get("Parameters").map_or(&[][..], Node::members);
        let Some(declared) = parameters.iter().rev().find(|member| member.key == name) else {
            return Ok(None);
        };
        let kind = declared.value.get("Type").and_then(Node::as_str).unwrap_or("String");
        let given = self.given.iter().rev().find(|(key, _)| key == name);
        let text = match (given, declared.value.get("Default")) {
            (Some((_, value)), _) => value.clone(),
            (None, Some(default)) => {
                if kind.starts_with("AWS::SSM::Parameter") {
                    let message = format!(
                        "parameter `{name}` is kept in SSM, which is not asked; its key stands in \
                         for its value (--parameter {name}=VALUE gives one)"
                    );
                    self.warn(declared.key_place, &message);
                }
                scalar_text(&default.data).ok_or_else(|| {
                    self.invalid(
                        default.place,
                        format!("the Default of `{name}` must be plain text"),
                    )
                })?
            }
            (None, None) => {
                let at = At::new(self.file, declared.key_place);
                let similar = self.similar_given(name);
                return Err(Error::Parameter { at, name: name.to_owned(), similar });
            }
        };
        if kind == "CommaDelimitedList" || kind.contains("List<") {
            let items = text.split(',').map(|item| self.string(place, item.trim().to_owned()));
            let items = items.collect::<Result<Vec<_>, _>>()?;
            return Ok(Some(Node { place, data: Data::Array(items) }));
        }
        self.string(place, text).map(Some)
    }
}

/// The value of a pseudo parameter such as `AWS::Region`.
pub(crate) fn pseudo(name: &str, stack_name: &str) -> Option<String> {
    let value = match name {
        "AWS::Region" => REGION.to_owned(),
        "AWS::AccountId" => ACCOUNT.to_owned(),
        "AWS::Partition" => "aws".to_owned(),
        "AWS::URLSuffix" => "amazonaws.com".to_owned(),
        "AWS::StackName" => stack_name.to_owned(),
        "AWS::StackId" => format!(
            "arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{stack_name}/00000000-0000-0000-0000-000000000000"
        ),
        _ => return None,
    };
    Some(value)
}
