//! How far one word is from another, for "did you mean".

/// How many characters must be inserted, removed, replaced or swapped with their neighbour to turn
/// one word into the other (optimal string alignment). A wrong case counts nothing.
pub(crate) fn distance(one: &str, other: &str) -> usize {
    strsim::osa_distance(&one.to_lowercase(), &other.to_lowercase())
}
