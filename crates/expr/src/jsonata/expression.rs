//! Expressions: compiled once, evaluated many times.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use faastlane_frame::Data;
use faastlane_value::{ArcStr, intern};
use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator};
use jsonata_core::parser;
use jsonata_core::value::JValue;

use super::convert::{from_jsonata, into_jsonata};
use super::effort::Effort;
use super::functions;
use super::guard::guard;
use super::member::{Followed, Member};
use super::uses::{Slot, Uses};
use super::{Error, Scope, SyntaxError};
use crate::{Effects, ParseError};

/// The longest expression, in bytes.
const MAX_TEXT: usize = 1024 * 1024;

/// A compiled expression. A clone is a reference count.
#[derive(Clone)]
pub struct Expression(Arc<Compiled>);

struct Compiled {
    text: ArcStr,
    node: AstNode,
    uses: Uses,
    /// Set if the expression is a plain path.
    member: Option<Member>,
    effort: Effort,
}

impl Expression {
    /// Compiles what stands between `{%` and `%}`; white space around it is ignored.
    ///
    /// # Errors
    /// Text that is no JSONata.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_coded(text).map_err(|error| error.error)
    }

    /// The same, with the code of what is wrong.
    ///
    /// # Errors
    /// Text that is no JSONata.
    pub fn parse_coded(text: &str) -> Result<Self, SyntaxError> {
        let trimmed = text.trim();
        if trimmed.len() > MAX_TEXT {
            let message = format!("the expression is longer than {MAX_TEXT} bytes");
            return Err(SyntaxError { code: None, error: ParseError { message, offset: 0 } });
        }
        let parsed = unless_it_panics(|| parser::parse(trimmed)).map_err(|message| {
            SyntaxError { code: None, error: ParseError { message, offset: 0 } }
        })?;
        let mut node = parsed?;
        let member = Member::of(&node);
        let effort = guard(&mut node);
        let uses = Uses::of(&mut node);
        Ok(Self(Arc::new(Compiled { text: intern(trimmed), node, uses, member, effort })))
    }

    /// The text, without white space around it: AWS shows it in causes.
    #[must_use]
    pub fn as_str(&self) -> &ArcStr {
        &self.0.text
    }

    /// The value of the expression.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn evaluate(&self, scope: &Scope<'_>, effects: &mut dyn Effects) -> Result<Data, Error> {
        if let Some(member) = &self.0.member {
            match scope.follow(member) {
                Followed::Found(data) => return Ok(data),
                // A name that no variable has may be that of a function.
                Followed::Missing if !member.names.is_empty() => return Err(Error::Undefined),
                Followed::Missing | Followed::Array => {}
            }
        }
        self.evaluate_on(None, scope, effects)
    }

    /// The value of the expression where `$` is `document`, as in JSONata outside of a state machine.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn evaluate_on(
        &self,
        document: Option<&Data>,
        scope: &Scope<'_>,
        effects: &mut dyn Effects,
    ) -> Result<Data, Error> {
        let Compiled { node, uses, effort, .. } = &*self.0;
        let mut context = Context::new();
        let mut size = document.map_or(0, Data::size_at_least);
        for slot in &uses.slots {
            let value = match scope.slot(slot) {
                Some((value, bytes)) => {
                    size = size.saturating_add(bytes);
                    value
                }
                None => {
                    size = size.saturating_add(scope.size_of(&slot.member));
                    over_array(slot, scope)?
                }
            };
            context.bind(slot.name.clone(), value);
        }
        for (name, wanted) in &uses.variables {
            if let Some(value) = scope.variable(name, wanted) {
                size = size.saturating_add(scope.size(name));
                context.bind(name.clone(), value);
            }
        }
        let mut options = scope.limits.options();
        if effort.is_little(size as u64) {
            // Looking at the clock at each step would take as long as the steps.
            options.timeout_ms = None;
        }
        let mut evaluator = Evaluator::with_options(context, options);
        functions::register(&mut evaluator, uses, scope, effects);
        let document = document.map_or(JValue::Undefined, |data| into_jsonata(data.value()));
        let evaluated = unless_it_panics(|| evaluator.evaluate(node, &document));
        let evaluated = evaluated.map_err(|message| Error::Raised { code: None, message })?;
        from_jsonata(
            &evaluated.map_err(|error| Error::from(error).of_function(uses.only_function()))?,
        )
    }
}

/// What `work` gives. `jsonata-core` panics on some texts (`$fromMillis(0, '[,H]')`), and an expression is no
/// reason for all executions of a process to end.
fn unless_it_panics<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|_| "the expression cannot be evaluated: jsonata-core panicked".to_owned())
}

/// What a plain path that leads over an array gives.
fn over_array(slot: &Slot, scope: &Scope<'_>) -> Result<JValue, Error> {
    let root = &slot.member.root;
    let value = scope.variable(root, &slot.member.wanted()).unwrap_or(JValue::Undefined);
    let mut context = Context::new();
    context.bind(root.clone(), value);
    let mut evaluator = Evaluator::with_options(context, scope.limits.options());
    Ok(evaluator.evaluate(&slot.path, &JValue::Undefined)?)
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.0.text).finish()
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for Expression {}
