//! Following the steps of a path through a document.

use faastlane_frame::Data;
use faastlane_value::{ArcStr, Array, Value};

use super::MAX_VISITS;
use super::filter::Condition;
use super::function::Call;

/// One step of a path.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// `.a`, `['a']`
    Name(ArcStr),
    /// `['a','b']`
    Names(Box<[ArcStr]>),
    /// `[0]`, `[-1]`: from the end where negative.
    Index(i64),
    /// `[0,2]`
    Indexes(Box<[i64]>),
    /// `[1:5]`, `[1:]`, `[:5]`
    Slice(Option<i64>, Option<i64>),
    /// `.*`, `[*]`
    Any,
    /// `..`; never the last step.
    Descend,
    /// `[?(...)]`
    Filter(Box<Condition>),
    /// `.length()`
    Call(Box<Call>),
    /// All matches of the steps as one array: what a function after `..` works on.
    Collect(Box<[Step]>),
}

/// The steps of a path and what kind of path they make.
#[derive(Debug, Clone)]
pub(super) struct Steps {
    list: Box<[Step]>,
    definite: bool,
    /// Whether there are names and indexes only.
    followed: bool,
}

impl Steps {
    pub(super) fn new(list: Vec<Step>) -> Self {
        let last = list.len().saturating_sub(1);
        let definite = list.iter().enumerate().all(|(at, step)| match step {
            Step::Name(_) | Step::Index(_) | Step::Call(_) | Step::Collect(_) => true,
            Step::Names(_) => at == last,
            _ => false,
        });
        let followed = list.iter().all(|step| matches!(step, Step::Name(_) | Step::Index(_)));
        Self { list: list.into(), definite, followed }
    }

    pub(super) fn is_definite(&self) -> bool {
        self.definite
    }

    /// Whether it has names and indexes only.
    pub(super) fn is_followed(&self) -> bool {
        self.followed
    }

    /// Where the names and indexes lead that are all it has.
    pub(super) fn follow(&self, document: &Data) -> Option<Data> {
        if self.list.is_empty() {
            return Some(document.clone());
        }
        if document.is_decoded() {
            let (found, _) = follow(&self.list, document.value())?;
            return Some(found.clone().into());
        }
        self.list.iter().try_fold(document.clone(), |node, step| match step {
            Step::Name(name) => node.get(name),
            Step::Index(index) => node.item(position(*index, node.array_len()?)?),
            _ => unreachable!("it has names and indexes only"),
        })
    }

    pub(super) fn is_reference(&self) -> bool {
        self.list.iter().all(|step| match step {
            Step::Name(_) => true,
            Step::Index(index) => *index >= 0,
            _ => false,
        })
    }

    pub(super) fn list(&self) -> &[Step] {
        &self.list
    }

    /// Whether the names and indexes that the path begins with lead somewhere.
    pub(super) fn prefix_exists(&self, node: &Value) -> bool {
        follow(&self.list, node).is_some()
    }
}

/// One evaluation over one document.
pub(super) struct Walk<'d> {
    /// What `$` means in filters and arguments.
    pub(super) document: &'d Value,
    visits_left: u32,
}

/// Why an evaluation stopped, in words.
type Message = String;

impl<'d> Walk<'d> {
    pub(super) fn new(document: &'d Value) -> Self {
        Self { document, visits_left: MAX_VISITS }
    }

    /// What the steps lead to from `node`; `None` only for definite paths.
    pub(super) fn select(&mut self, steps: &Steps, node: &Value) -> Result<Option<Value>, Message> {
        if steps.definite {
            let Some((node, rest)) = follow(&steps.list, node) else { return Ok(None) };
            if rest.is_empty() {
                return Ok(Some(node.clone()));
            }
            let mut found = Vec::with_capacity(1);
            self.collect(rest, node, &mut found)?;
            return Ok(found.pop());
        }
        let mut found = Vec::new();
        self.collect(&steps.list, node, &mut found)?;
        Ok(Some(Value::Array(Array::new(found))))
    }

    /// Adds everything that `steps` lead to from `node` to `found`.
    fn collect(
        &mut self,
        steps: &[Step],
        node: &Value,
        found: &mut Vec<Value>,
    ) -> Result<(), Message> {
        self.visit()?;
        let Some((node, steps)) = follow(steps, node) else { return Ok(()) };
        let Some((step, rest)) = steps.split_first() else {
            found.push(node.clone());
            return Ok(());
        };
        match step {
            Step::Name(_) | Step::Index(_) => unreachable!("`follow` stops behind these"),
            Step::Names(names) => self.names(names, rest, node, found),
            Step::Indexes(indexes) => self.indexes(indexes, rest, node, found),
            Step::Slice(from, to) => {
                let items = node.as_array().map_or(&[][..], |array| array);
                slice(items, *from, *to).try_for_each(|item| self.collect(rest, item, found))
            }
            Step::Any => match node {
                Value::Array(array) => {
                    array.iter().try_for_each(|item| self.collect(rest, item, found))
                }
                Value::Object(object) => {
                    object.iter().try_for_each(|(_, member)| self.collect(rest, member, found))
                }
                _ => Ok(()),
            },
            Step::Descend => self.descend(rest, node, found),
            Step::Filter(condition) => self.filter(condition, rest, node, found),
            Step::Call(call) => {
                let result = call.evaluate(self, node)?;
                self.collect(rest, &result, found)
            }
            Step::Collect(inner) => {
                let mut all = Vec::new();
                self.collect(inner, node, &mut all)?;
                self.collect(rest, &Value::Array(Array::new(all)), found)
            }
        }
    }

    fn names(
        &mut self,
        names: &[ArcStr],
        rest: &[Step],
        node: &Value,
        found: &mut Vec<Value>,
    ) -> Result<(), Message> {
        let Some(object) = node.as_object() else { return Ok(()) };
        let members = names.iter().filter_map(|name| Some((name.clone(), object.get(name)?)));
        if rest.is_empty() {
            found.push(Value::object(members.map(|(name, member)| (name, member.clone()))));
            return Ok(());
        }
        for (_, member) in members {
            self.collect(rest, member, found)?;
        }
        Ok(())
    }

    fn indexes(
        &mut self,
        indexes: &[i64],
        rest: &[Step],
        node: &Value,
        found: &mut Vec<Value>,
    ) -> Result<(), Message> {
        let items = node.as_array().map_or(&[][..], |array| array);
        let items = indexes.iter().filter_map(|index| items.get(position(*index, items.len())?));
        for item in items {
            self.collect(rest, item, found)?;
        }
        Ok(())
    }

    fn filter(
        &mut self,
        condition: &Condition,
        rest: &[Step],
        node: &Value,
        found: &mut Vec<Value>,
    ) -> Result<(), Message> {
        match node {
            Value::Array(array) => {
                for item in array.iter() {
                    self.visit()?;
                    if condition.accepts(self, item)? {
                        self.collect(rest, item, found)?;
                    }
                }
            }
            Value::Object(_) if condition.accepts(self, node)? => {
                self.collect(rest, node, found)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Applies `steps` to `node` and to every array and object below it, parents first.
    ///
    /// Keeps its own stack, because a document may be deeper than the thread's stack.
    fn descend(
        &mut self,
        steps: &[Step],
        node: &Value,
        found: &mut Vec<Value>,
    ) -> Result<(), Message> {
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            self.visit()?;
            match node {
                Value::Array(array) => {
                    self.below(steps, node, found)?;
                    waiting.extend(array.iter().rev());
                }
                Value::Object(object) => {
                    self.below(steps, node, found)?;
                    waiting.extend(object.iter().rev().map(|(_, member)| member));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Applies the steps after `..` to one array or object. A filter tests the node itself, several
    /// names must all be there.
    fn below(
        &mut self,
        steps: &[Step],
        node: &Value,
        found: &mut Vec<Value>,
    ) -> Result<(), Message> {
        match steps {
            [Step::Filter(condition), rest @ ..] => {
                if condition.accepts(self, node)? {
                    self.collect(rest, node, found)
                } else {
                    Ok(())
                }
            }
            [Step::Names(names), ..] if names.iter().any(|name| node.get(name).is_none()) => Ok(()),
            _ => self.collect(steps, node, found),
        }
    }

    fn visit(&mut self) -> Result<(), Message> {
        match self.visits_left.checked_sub(1) {
            Some(left) => {
                self.visits_left = left;
                Ok(())
            }
            None => Err(format!("it visits more than {MAX_VISITS} values; make it more specific")),
        }
    }
}

/// Follows the names and indexes that `steps` begin with; gives where they lead and the steps that
/// are left.
fn follow<'s, 'v>(mut steps: &'s [Step], mut node: &'v Value) -> Option<(&'v Value, &'s [Step])> {
    loop {
        node = match steps.first() {
            Some(Step::Name(name)) => node.get(name)?,
            Some(Step::Index(index)) => {
                let items = node.as_array()?;
                items.get(position(*index, items.len())?)?
            }
            _ => return Some((node, steps)),
        };
        steps = &steps[1..];
    }
}

/// The position that `index` means among `length` items, counted from the end where negative.
pub(super) fn position(index: i64, length: usize) -> Option<usize> {
    let from_start = usize::try_from(index);
    from_start.ok().or_else(|| length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?))
}

/// The items of a slice. One open end counts negative bounds from the end of the array; with both
/// bounds given `from` must be below `to` as written, so `[1:-1]` is empty (Jayway's rule).
fn slice(items: &[Value], from: Option<i64>, to: Option<i64>) -> impl Iterator<Item = &Value> {
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let from_end = |bound: i64| if bound < 0 { length.saturating_add(bound).max(0) } else { bound };
    let (from, to) = match (from, to) {
        (Some(from), Some(to)) => (from.max(-length), to.min(length)),
        (from, to) => (from_end(from.unwrap_or(0)), from_end(to.unwrap_or(length)).min(length)),
    };
    (from..to).filter_map(|index| items.get(position(index, items.len())?))
}
