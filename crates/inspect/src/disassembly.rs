//! The instructions around a place, as text.

use std::collections::VecDeque;

use iced_x86::{Formatter as _, Instruction, IntelFormatter};

use crate::gadget::decoder;

/// Instructions shown before and after the one in question.
const AROUND: usize = 3;

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it is, as the file has it.
    pub address: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The instruction, Intel syntax.
    pub text: String,
    /// Whether bytes of the gadget are in it.
    pub marked: bool,
}

/// Reads `code`, which lies at `address`, from its beginning, and keeps what is around the bytes
/// `marked` (offsets into `code`).
pub(crate) fn around(code: &[u8], address: u64, marked: std::ops::Range<usize>) -> Vec<Line> {
    let mut decoder = decoder(code, address);
    let mut instruction = Instruction::default();
    let mut lines = VecDeque::new();
    let mut after = 0;
    while decoder.can_decode() && after < AROUND {
        let start = decoder.position();
        decoder.decode_out(&mut instruction);
        let end = decoder.position();
        let is_marked = start < marked.end && end > marked.start;
        if start >= marked.end {
            after += 1;
        }
        lines.push_back((start..end, is_marked));
        if end <= marked.start && lines.len() > AROUND {
            lines.pop_front();
        }
    }
    lines.into_iter().map(|(range, marked)| line(code, address, range, marked)).collect()
}

fn line(code: &[u8], address: u64, range: std::ops::Range<usize>, marked: bool) -> Line {
    let bytes = code[range.clone()].to_vec();
    let address = address.wrapping_add(range.start as u64);
    let instruction = decoder(&bytes, address).decode();
    let mut text = String::new();
    let mut formatter = IntelFormatter::new();
    formatter.options_mut().set_space_after_operand_separator(true);
    formatter.options_mut().set_hex_prefix("0x");
    formatter.options_mut().set_hex_suffix("");
    formatter.options_mut().set_uppercase_hex(false);
    formatter.options_mut().set_branch_leading_zeros(false);
    formatter.options_mut().set_rip_relative_addresses(true);
    formatter.format(&instruction, &mut text);
    Line { address, bytes, text, marked }
}
