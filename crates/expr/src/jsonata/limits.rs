//! What one evaluation may use.

use jsonata_core::evaluator::EvaluatorOptions;

/// What one evaluation of an expression may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep an evaluation may be nested: calls, operators and steps count.
    pub depth: usize,
    /// How many items a sequence may have.
    pub items: usize,
    /// How many bytes of text and items an evaluation may make, whatever it keeps of them.
    pub bytes: usize,
    /// How long it may take. A guard against expressions that never end, and no clock: an expression
    /// that meets it does not depend on when it runs.
    pub milliseconds: u64,
}

impl Limits {
    /// Far above what an expression needs, and low enough for a machine to bear.
    pub const DEFAULT: Self =
        Self { depth: 3_000, items: 1_000_000, bytes: 512 * 1024 * 1024, milliseconds: 3_000 };

    /// About AWS's: a chain of 100 additions is evaluated there and one of 101 is not, `[1..873782]` is
    /// and `[1..873783]` is not (public reports of causes; AWS documents no numbers).
    pub const AWS: Self = Self { depth: 99, items: 873_782, ..Self::DEFAULT };

    pub(super) fn options(&self) -> EvaluatorOptions {
        EvaluatorOptions {
            timeout_ms: Some(self.milliseconds),
            cancel: None,
            max_stack_depth: Some(self.depth),
            max_sequence_length: Some(self.items),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
