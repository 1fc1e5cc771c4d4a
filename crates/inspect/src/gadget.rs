//! What is searched for: the instructions by which a program writes PKRU.
//!
//! There are two (Intel SDM, volume 1, section 13.8, and volume 2): `WRPKRU`, and `XRSTOR`, which loads
//! it among other registers when asked to. Its supervisor form `XRSTORS` (`0F C7 /3`) traps outside of
//! the kernel, `FXRSTOR` (`0F AE /1`) knows nothing of PKRU, and `RDPKRU` only reads. What the kernel
//! loads on behalf of a program (`rt_sigreturn`) is a system call and not found here.

use std::fmt;

use iced_x86::{Code, Decoder, DecoderOptions, Instruction};
use memchr::memmem;

/// An instruction that writes PKRU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gadget {
    /// `0F 01 EF`.
    Wrpkru,
    /// `0F AE /5` with an operand in memory; with a register it is `LFENCE`.
    Xrstor,
}

impl Gadget {
    /// The bytes that make it what it is: prefix, displacement and so on do not count.
    pub const LENGTH: usize = 3;

    /// Whether `code` is this instruction, whatever prefixes it has.
    fn is(self, code: Code) -> bool {
        match self {
            Self::Wrpkru => code == Code::Wrpkru,
            Self::Xrstor => matches!(code, Code::Xrstor_mem | Code::Xrstor64_mem),
        }
    }
}

impl fmt::Display for Gadget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Wrpkru => "WRPKRU",
            Self::Xrstor => "XRSTOR",
        })
    }
}

/// Where a gadget stands among the instructions that the program means to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It is one of them.
    Instruction {
        /// Offset of its first byte: that of the gadget, or of a prefix before it.
        start: usize,
        /// Its length in bytes, prefixes and operands included.
        length: usize,
    },
    /// It lies inside others, or in data: reached only by a jump that no compiler wrote.
    Hidden,
}

/// Offsets of all gadgets in `code`, ascending.
pub fn find(code: &[u8]) -> Vec<(usize, Gadget)> {
    let wrpkru = memmem::find_iter(code, &[0x0f, 0x01, 0xef]).map(|at| (at, Gadget::Wrpkru));
    let xrstor = memmem::find_iter(code, &[0x0f, 0xae])
        .filter(|at| code.get(at + 2).is_some_and(|byte| is_xrstor(*byte)))
        .map(|at| (at, Gadget::Xrstor));
    let mut found: Vec<_> = wrpkru.chain(xrstor).collect();
    found.sort_unstable_by_key(|(at, _)| *at);
    found
}

/// ModRM with 5 in the middle and an operand in memory.
fn is_xrstor(modrm: u8) -> bool {
    (modrm >> 3) & 7 == 5 && modrm >> 6 != 3
}

/// Says whether the gadget at offset `at` of `code` is an instruction, when it is read from the offset
/// `from` on. `from` should be the beginning of a function; x86 code read from a wrong offset finds
/// its rhythm again after some instructions, so an earlier one is better than a later one.
pub fn place(code: &[u8], from: usize, at: usize, gadget: Gadget) -> Place {
    let mut decoder = decoder(&code[from..], 0);
    let mut instruction = Instruction::default();
    while decoder.can_decode() && from + decoder.position() <= at {
        let start = from + decoder.position();
        decoder.decode_out(&mut instruction);
        let end = from + decoder.position();
        if end > at {
            return if gadget.is(instruction.code()) && end >= at + Gadget::LENGTH {
                Place::Instruction { start, length: end - start }
            } else {
                Place::Hidden
            };
        }
    }
    Place::Hidden
}

/// Reads 64-bit code; `address` is that of its first byte.
pub(crate) fn decoder(code: &[u8], address: u64) -> Decoder<'_> {
    Decoder::with_ip(64, code, address, DecoderOptions::NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &[u8], expected: &[(usize, Gadget, Place)]) {
        let found: Vec<_> = find(code)
            .into_iter()
            .map(|(at, gadget)| (at, gadget, place(code, 0, at, gadget)))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn instructions_are_told_from_constants() {
        let whole = |start, length| Place::Instruction { start, length };
        // wrpkru; ret
        check(b"\x0f\x01\xef\xc3", &[(0, Gadget::Wrpkru, whole(0, 3))]);
        // nop; xrstor [rsp+0x40]
        check(b"\x90\x0f\xae\x6c\x24\x40", &[(1, Gadget::Xrstor, whole(1, 5))]);
        // xrstor64 [rdi]: the prefix belongs to it.
        check(b"\x48\x0f\xae\x2f", &[(1, Gadget::Xrstor, whole(0, 4))]);
        // mov eax, 0xef010f
        check(b"\xb8\x0f\x01\xef\x00", &[(1, Gadget::Wrpkru, Place::Hidden)]);
        // mov al, 0x0f; add edi, ebp: over the border of two instructions.
        check(b"\xb0\x0f\x01\xef", &[(1, Gadget::Wrpkru, Place::Hidden)]);
        // stui: its last three bytes.
        check(b"\xf3\x0f\x01\xef", &[(1, Gadget::Wrpkru, Place::Hidden)]);
    }

    #[test]
    fn neighbours_are_let_alone() {
        // rdpkru, lfence, fxrstor [rdi], xsave [rdi], clflush [rdi], xrstors [rdi], xgetbv
        for code in [
            &b"\x0f\x01\xee"[..],
            b"\x0f\xae\xe8",
            b"\x0f\xae\x0f",
            b"\x0f\xae\x27",
            b"\x0f\xae\x3f",
            b"\x0f\xc7\x1f",
            b"\x0f\x01\xd0",
        ] {
            check(code, &[]);
        }
    }

    #[test]
    fn the_end_is_no_reason_to_fail() {
        check(b"\x0f\x01", &[]);
        check(b"\x0f\xae", &[]);
        // xrstor [rip+...], cut off
        check(b"\x0f\xae\x2d", &[(0, Gadget::Xrstor, Place::Hidden)]);
    }

    #[test]
    fn all_are_found_in_order() {
        let mut code = vec![0x90; 4096];
        code[4093..].copy_from_slice(&[0x0f, 0x01, 0xef]);
        code[7..10].copy_from_slice(&[0x0f, 0x01, 0xef]);
        code[100..103].copy_from_slice(&[0x0f, 0xae, 0x2f]);
        let offsets: Vec<_> = find(&code).into_iter().map(|(at, _)| at).collect();
        assert_eq!(offsets, [7, 100, 4093]);
    }
}
