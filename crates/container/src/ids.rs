//! Names for executions and requests.

/// Draws UUIDs: from a seed, so that a run can be repeated, or from the system's randomness.
#[derive(Debug, Clone)]
pub struct Ids(fastrand::Rng);

impl Ids {
    /// Ids that nobody can foresee or repeat.
    #[must_use]
    pub fn random() -> Self {
        Self(fastrand::Rng::new())
    }

    /// The ids of a seed: equal seeds, equal ids.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// A version 4 UUID in lower case with hyphens.
    pub fn uuid(&mut self) -> String {
        let bytes = self.0.u128(..).to_ne_bytes();
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// 64 random bits, for an execution's own numbers.
    pub fn seed(&mut self) -> u64 {
        self.0.u64(..)
    }
}
