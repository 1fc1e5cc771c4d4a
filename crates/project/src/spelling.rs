//! How far one word is from another, for "did you mean".

/// How many characters must be inserted, removed, replaced or swapped with their neighbour to turn
/// one word into the other (optimal string alignment). A wrong case counts nothing.
pub(crate) fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.to_lowercase().chars().collect();
    let other: Vec<char> = other.to_lowercase().chars().collect();
    // Row `i` holds the distances of the first `i` characters of `one`.
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for i in 1..=one.len() {
        let mut row = vec![i];
        for j in 1..=other.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            let swapped =
                i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
            if swapped {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let check = |one: &str, other: &str, expected| assert_eq!(distance(one, other), expected);
        check("", "", 0);
        check("", "abc", 3);
        check("src", "scr", 1);
        check("GetAttr", "getatt", 1);
        check("kitten", "sitting", 3);
    }
}
