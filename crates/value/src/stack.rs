//! The stack on which arrays are collected while text is read.
//!
//! It grows in pieces, so growing copies nothing, and an array that is taken off frees them one by
//! one: a document of 100 MB needs its values once in memory, and not the two or three times that a
//! `Vec` and the finished array take together.

use std::iter::Flatten;
use std::vec::{Drain, IntoIter};

/// Elements of a piece: large enough that the system gets its memory back at once.
const PIECE: usize = 16 * 1024;

/// A stack of values, in pieces that are all full but the last.
#[derive(Debug)]
pub(crate) struct Stack<T>(Vec<Vec<T>>);

impl<T> Stack<T> {
    pub(crate) fn new() -> Self {
        Self(vec![Vec::new()])
    }

    pub(crate) fn len(&self) -> usize {
        (self.0.len() - 1) * PIECE + self.last().len()
    }

    pub(crate) fn push(&mut self, value: T) {
        if self.last().len() == PIECE {
            self.0.push(Vec::with_capacity(PIECE));
        }
        self.0.last_mut().expect("there is always a piece").push(value);
    }

    /// The values from `start` on.
    pub(crate) fn iter_from(&self, start: usize) -> impl Iterator<Item = &T> {
        let (piece, offset) = self.place(start);
        self.0[piece][offset..].iter().chain(self.0[piece + 1..].iter().flatten())
    }

    /// Takes the values from `start` on off the stack.
    pub(crate) fn take_from(&mut self, start: usize) -> Taken<'_, T> {
        let left = self.len() - start;
        let (piece, offset) = self.place(start);
        let pieces = self.0.split_off(piece + 1).into_iter();
        let first = self.0[piece].drain(offset..);
        Taken { first, pieces: pieces.flatten(), left }
    }

    /// The piece and the place in it of a value, or of the end.
    fn place(&self, at: usize) -> (usize, usize) {
        match (at / PIECE, at % PIECE) {
            // The end, where the last piece is full.
            (piece, 0) if piece == self.0.len() => (piece - 1, PIECE),
            place => place,
        }
    }

    fn last(&self) -> &Vec<T> {
        self.0.last().expect("there is always a piece")
    }
}

/// Values on their way off a stack. A piece is freed when the last of it is taken.
pub(crate) struct Taken<'a, T> {
    first: Drain<'a, T>,
    pieces: Flatten<IntoIter<Vec<T>>>,
    left: usize,
}

impl<T> Iterator for Taken<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let value = self.first.next().or_else(|| self.pieces.next())?;
        self.left -= 1;
        Some(value)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> ExactSizeIterator for Taken<'_, T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_off_is_what_was_put_on() {
        for count in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7] {
            for start in [0, 1, PIECE - 1, PIECE, PIECE + 1, count / 2, count] {
                let mut stack = Stack::new();
                (0..count).for_each(|value| stack.push(value));
                let start = start.min(count);
                assert_eq!(stack.len(), count);
                assert!(stack.iter_from(start).copied().eq(start..count));
                let taken = stack.take_from(start);
                assert_eq!(taken.len(), count - start);
                assert!(taken.eq(start..count), "{count} from {start}");
                assert_eq!(stack.len(), start);
                stack.push(start);
                assert!(stack.take_from(0).eq(0..=start), "it can be used again");
            }
        }
    }
}
