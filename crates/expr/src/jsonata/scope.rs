//! What an expression sees, as JSONata's values made when they are asked for.

use std::cell::OnceCell;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use faastlane_frame::Data;
use faastlane_value::{ArcStr, Value, str_literal};
use jsonata_core::value::{JMap, JValue};

use super::convert::into_jsonata;
use super::member::{Followed, Member, follow};
use super::uses::{Slot, Wanted};
use super::{Limits, kept};
use crate::Variables;

/// The reserved variable that holds what a state knows.
const STATES: &str = "states";

/// What an expression sees: `$states`, variables, the time.
///
/// It is made once for a state and used for all its expressions: what one of them has wanted whole is
/// not converted again for the next.
pub struct Scope<'a> {
    /// The members of `$states`, in AWS's order.
    states: Vec<(ArcStr, Part<'a>)>,
    variables: &'a Variables,
    pub(super) now_ms: i64,
    pub(super) limits: Limits,
}

/// A member of `$states`.
struct Part<'a> {
    source: Source<'a>,
    converted: OnceCell<JValue>,
}

#[derive(Clone, Copy)]
enum Source<'a> {
    There(&'a Data),
    OnDemand(&'a dyn Deref<Target = Data>),
}

impl<'a> Scope<'a> {
    /// What a state sees at the time `now_ms`, in milliseconds since 1970. `context` is only asked for
    /// if an expression wants it.
    #[must_use]
    pub fn new(
        input: &'a Data,
        context: &'a dyn Deref<Target = Data>,
        variables: &'a Variables,
        now_ms: i64,
    ) -> Self {
        let states = vec![
            (str_literal!("input"), Part::new(Source::There(input))),
            (str_literal!("context"), Part::new(Source::OnDemand(context))),
        ];
        Self { states, variables, now_ms, limits: Limits::DEFAULT }
    }

    /// The same with `$states.result`, the result of the state's work.
    #[must_use]
    pub fn with_result(self, result: &'a Data) -> Self {
        self.with(str_literal!("result"), result)
    }

    /// The same with `$states.errorOutput`, the error that is caught.
    #[must_use]
    pub fn with_error_output(self, error: &'a Data) -> Self {
        self.with(str_literal!("errorOutput"), error)
    }

    /// The same with other limits than [`Limits::DEFAULT`].
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    fn with(mut self, name: ArcStr, data: &'a Data) -> Self {
        self.states.push((name, Part::new(Source::There(data))));
        self
    }

    /// Follows a plain path.
    pub(super) fn follow(&self, member: &Member) -> Followed {
        if member.root != STATES {
            return match self.variables.get(&member.root) {
                Some(data) => follow(data, &member.names),
                None => Followed::Missing,
            };
        }
        match member.names.split_first() {
            None => {
                let parts = self.states.iter();
                let parts = parts.map(|(name, part)| (name.clone(), part.data().clone()));
                Followed::Found(Data::object(parts.collect()))
            }
            Some((first, rest)) => match self.part(first) {
                Some(part) => follow(part.data(), rest),
                None => Followed::Missing,
            },
        }
    }

    /// What the path of a slot leads to, and about how many bytes of JSON that is; `None` if an array
    /// stands on the way.
    pub(super) fn slot(&self, slot: &Slot) -> Option<(JValue, usize)> {
        match self.follow(&slot.member) {
            Followed::Found(data) => {
                Some((kept::convert(&data, &slot.wanted), data.size_at_least()))
            }
            Followed::Missing => Some((JValue::Undefined, 0)),
            Followed::Array => None,
        }
    }

    /// About how many bytes of JSON a variable has.
    pub(super) fn size(&self, name: &str) -> usize {
        match self.variables.get(name) {
            Some(data) => data.size_at_least(),
            None => usize::MAX,
        }
    }

    /// About how many bytes of JSON the value has in which a path begins.
    pub(super) fn size_of(&self, member: &Member) -> usize {
        if member.root != STATES {
            return self.size(&member.root);
        }
        let part = member.names.first().and_then(|name| self.part(name));
        part.map_or(0, |part| part.data().size_at_least())
    }

    /// What is wanted of the variable `name`, if there is such a variable.
    pub(super) fn variable(&self, name: &str, wanted: &Wanted) -> Option<JValue> {
        if name != STATES {
            return self.variables.get(name).map(|data| convert(data, wanted));
        }
        let member = |name: &str, wanted: &Wanted| {
            let part = self.part(name)?;
            Some((name.to_owned(), part.convert(wanted)))
        };
        let members: JMap = if wanted.whole {
            let whole = Wanted { whole: true, ..Wanted::default() };
            self.states.iter().filter_map(|(name, _)| member(name, &whole)).collect()
        } else {
            wanted.members.iter().filter_map(|(name, wanted)| member(name, wanted)).collect()
        };
        Some(JValue::Object(Rc::new(members)))
    }

    fn part(&self, name: &str) -> Option<&Part<'a>> {
        self.states.iter().find(|(known, _)| known == name).map(|(_, part)| part)
    }
}

impl<'a> Part<'a> {
    fn new(source: Source<'a>) -> Self {
        Self { source, converted: OnceCell::new() }
    }

    fn data(&self) -> &'a Data {
        match self.source {
            Source::There(data) => data,
            Source::OnDemand(data) => data,
        }
    }

    fn convert(&self, wanted: &Wanted) -> JValue {
        if wanted.whole {
            return self.converted.get_or_init(|| into_jsonata(self.data().value())).clone();
        }
        self.converted.get().cloned().unwrap_or_else(|| convert(self.data(), wanted))
    }
}

/// What is wanted of a value, and nothing else of it.
pub(super) fn convert(data: &Data, wanted: &Wanted) -> JValue {
    if wanted.whole || data.is_decoded() || !data.is_object() {
        return convert_value(data.value(), wanted);
    }
    let members = wanted.members.iter();
    let member =
        |(name, wanted): &(String, Wanted)| Some((name.clone(), convert(&data.get(name)?, wanted)));
    JValue::Object(Rc::new(members.filter_map(member).collect::<JMap>()))
}

fn convert_value(value: &Value, wanted: &Wanted) -> JValue {
    if wanted.whole {
        return into_jsonata(value);
    }
    match value {
        Value::Object(object) => {
            let members = wanted.members.iter();
            let member = |(name, wanted): &(String, Wanted)| {
                Some((name.clone(), convert_value(object.get(name)?, wanted)))
            };
            JValue::Object(Rc::new(members.filter_map(member).collect::<JMap>()))
        }
        Value::Array(items) => {
            JValue::array(items.iter().map(|item| convert_value(item, wanted)).collect())
        }
        plain => into_jsonata(plain),
    }
}

impl fmt::Debug for Scope<'_> {
    /// Leaves the context object out, so that printing does not build it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("variables", &self.variables)
            .field("now_ms", &self.now_ms)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
