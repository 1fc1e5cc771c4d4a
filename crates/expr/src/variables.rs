//! Variables of an execution: what `Assign` sets and `$name` reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use faastlane_frame::Data;
use faastlane_value::ArcStr;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Variables by name, in the order of their names.
///
/// Immutable: an assignment makes another set, so a branch starts with those of its surroundings for
/// the price of a reference count, and what it assigns is its own.
#[derive(Debug, Clone, Default)]
pub struct Variables(Option<Arc<BTreeMap<ArcStr, Data>>>);

impl Variables {
    /// No variables.
    pub const NONE: Self = Self(None);

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Data> {
        self.0.as_ref()?.get(name)
    }

    /// All variables, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&ArcStr, &Data)> {
        self.0.iter().flat_map(|variables| variables.iter())
    }

    /// These and the assigned ones, of which each replaces the one of its name.
    #[must_use]
    pub fn with(&self, assigned: impl IntoIterator<Item = (ArcStr, Data)>) -> Self {
        let mut variables = self.0.as_deref().cloned().unwrap_or_default();
        variables.extend(assigned);
        Self(Some(Arc::new(variables)))
    }
}

impl Serialize for Variables {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Variables {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let variables = BTreeMap::deserialize(from)?;
        Ok(Self((!variables.is_empty()).then(|| Arc::new(variables))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_leaves_the_old_set_as_it_was() {
        let old = Variables::NONE.with([("a".into(), 1.into()), ("b".into(), 2.into())]);
        let new = old.with([("b".into(), 3.into()), ("c".into(), 4.into())]);
        let text = |variables: &Variables| {
            let pairs = variables.iter().map(|(name, value)| format!("{name}={}", value.to_json()));
            pairs.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(text(&old), "a=1 b=2");
        assert_eq!(text(&new), "a=1 b=3 c=4");
        assert!(Variables::NONE.get("a").is_none());
    }
}
