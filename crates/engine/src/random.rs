//! The engine's random numbers: drawn from a seed that its driver gives, and part of its state, so
//! that an execution which is continued elsewhere draws what it would have drawn here.

use serde::{Deserialize, Serialize};

/// SplitMix64 (Steele, Lea, Flood 2014): eight bytes of state, no bad seeds. Not for secrets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Numbers that are always the same for one text.
    pub(crate) fn of_text(text: &str) -> Self {
        // FNV-1a: any function that spreads a little will do, but it must stay the same.
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(hash)
    }

    /// A UUID of version 4.
    pub(crate) fn uuid(&mut self) -> String {
        faastlane_expr::intrinsic::uuid(self)
    }

    /// A number in `0..=limit`, evenly drawn up to the bias of one division (below 1 in 2^32 here).
    pub(crate) fn up_to(&mut self, limit: i64) -> i64 {
        let range = limit.max(0).unsigned_abs().saturating_add(1);
        i64::try_from(self.next() % range).expect("a remainder is below its divisor")
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

impl faastlane_expr::Effects for Random {
    fn next_u64(&mut self) -> u64 {
        self.next()
    }
}
