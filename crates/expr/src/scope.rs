//! What an expression can see, and where its randomness comes from.

use std::fmt;
use std::ops::Deref;

use faastlane_frame::Data;

use crate::Variables;

/// What an expression can see: `$`, `$$` and `$name`.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The document that `$` names.
    pub input: &'a Data,
    /// The context object, `$$`. A `LazyCell` here is only built when a path asks for it.
    pub context: &'a dyn Deref<Target = Data>,
    /// Variables by name; a name that is not there is not found.
    pub variables: &'a Variables,
}

impl<'a> Scope<'a> {
    /// What the states of an execution see.
    pub fn new(
        input: &'a Data,
        context: &'a dyn Deref<Target = Data>,
        variables: &'a Variables,
    ) -> Self {
        Self { input, context, variables }
    }
}

impl fmt::Debug for Scope<'_> {
    /// Leaves the context object out, so that printing does not build it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("input", self.input)
            .field("variables", &self.variables)
            .finish_non_exhaustive()
    }
}

/// The source of what an expression cannot know: random bits for `States.UUID` and
/// `States.MathRandom`.
pub trait Effects {
    /// 64 fresh random bits.
    fn next_u64(&mut self) -> u64;
}

impl<F: FnMut() -> u64> Effects for F {
    fn next_u64(&mut self) -> u64 {
        self()
    }
}
