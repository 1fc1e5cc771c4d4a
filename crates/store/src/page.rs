//! Parts of long lists: those that follow a number, which the part before has named.

/// Some of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// At most as many as were asked for.
    pub items: Vec<T>,
    /// What the next page comes `after`; none if this was the last one.
    pub next: Option<i64>,
}

impl<T> Page<T> {
    /// From rows with their numbers, of which one more than `limit` was asked for.
    pub(crate) fn new(mut rows: Vec<(i64, T)>, limit: usize) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(number, _)| *number);
        Self { items: rows.into_iter().map(|(_, item)| item).collect(), next }
    }
}

/// How many rows show whether there are more than `limit`.
pub(crate) fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).map_or(i64::MAX, |limit| limit.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn only_what_has_more_behind_it_names_a_next_page() {
        let check = |rows: &[i64], limit, items: &[i64], next| {
            let page = Page::new(rows.iter().map(|row| (*row, *row)).collect(), limit);
            assert_eq!(page, Page { items: items.to_vec(), next });
        };
        check(&[], 2, &[], None);
        check(&[7, 8], 2, &[7, 8], None);
        check(&[7, 8, 9], 2, &[7, 8], Some(8));
        check(&[9], 0, &[], None);
    }
}
