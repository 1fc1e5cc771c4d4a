//! `States.MathAdd`, `States.MathRandom` and `States.UUID`.

use faastlane_value::Value;

use super::arguments::Arguments;
use crate::Effects;

pub(super) fn add(arguments: &Arguments) -> Result<Value, String> {
    let sum = arguments.integer(0)?.checked_add(arguments.integer(1)?);
    sum.map(Value::from).ok_or_else(|| "the sum does not fit 64 bits".to_owned())
}

/// A random integer from the first argument to below the second.
///
/// With a seed as third argument the result is a function of the arguments, by Java's
/// `java.util.Random`; AWS does not say which generator it uses.
pub(super) fn random(arguments: &Arguments, effects: &mut dyn Effects) -> Result<Value, String> {
    let (start, end) = (arguments.integer(0)?, arguments.integer(1)?);
    if start >= end {
        return Err(format!("the start {start} must be below the end {end}"));
    }
    if arguments.values().len() < 3 {
        return Ok(Value::from(between(start, end, effects.next_u64())));
    }
    let mut seeded = JavaRandom::new(arguments.integer(2)?);
    let span = end.checked_sub(start).and_then(|span| i32::try_from(span).ok());
    Ok(Value::from(match span {
        Some(span) => start + i64::from(seeded.next_below(span)),
        None => between(start, end, seeded.next_u64()),
    }))
}

/// A random UUID (version 4) in lower case.
#[must_use]
pub fn uuid(effects: &mut dyn Effects) -> String {
    let high = effects.next_u64() & !0xF000 | 0x4000;
    let low = effects.next_u64() & !(0b11 << 62) | 0b10 << 62;
    let (a, b, c) = (high >> 32, high >> 16 & 0xFFFF, high & 0xFFFF);
    format!("{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}", low >> 48, low & 0xFFFF_FFFF_FFFF)
}

/// Scales 64 random bits to a number from `start` to below `end`.
fn between(start: i64, end: i64, bits: u64) -> i64 {
    let span = u128::from(start.abs_diff(end));
    let distance = (u128::from(bits) * span) >> 64;
    start.wrapping_add_unsigned(u64::try_from(distance).expect("it is below the span"))
}

/// The linear congruential generator that the documentation of `java.util.Random` specifies.
pub(crate) struct JavaRandom(u64);

impl JavaRandom {
    const MULTIPLIER: u64 = 0x5_DEEC_E66D;
    const MASK: u64 = (1 << 48) - 1;

    pub(crate) fn new(seed: i64) -> Self {
        Self((seed.cast_unsigned() ^ Self::MULTIPLIER) & Self::MASK)
    }

    /// The 32 highest bits of the next state.
    fn next_bits(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(Self::MULTIPLIER).wrapping_add(0xB) & Self::MASK;
        u32::try_from(self.0 >> 16).expect("a state has 48 bits")
    }

    /// `nextDouble()`: from 0 to below 1.
    pub(crate) fn next_double(&mut self) -> f64 {
        let (high, low) = (self.next_bits() >> 6, self.next_bits() >> 5);
        (f64::from(high) * 2_f64.powi(27) + f64::from(low)) / 2_f64.powi(53)
    }

    fn next_u64(&mut self) -> u64 {
        u64::from(self.next_bits()) << 32 | u64::from(self.next_bits())
    }

    /// `nextInt(bound)` for a positive bound.
    fn next_below(&mut self, bound: i32) -> i32 {
        loop {
            let bits = (self.next_bits() >> 1).cast_signed();
            if bound & (bound - 1) == 0 {
                let scaled = (i64::from(bound) * i64::from(bits)) >> 31;
                return i32::try_from(scaled).expect("it is below the bound");
            }
            let value = bits % bound;
            // The last, incomplete run of values is drawn again, as it would favour small ones.
            if bits.checked_sub(value).and_then(|run| run.checked_add(bound - 1)).is_some() {
                return value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeded_generator_is_javas() {
        // new Random(42).nextInt(): -1170105035, 234785527; nextInt(10): 0, 3, 8.
        let mut random = JavaRandom::new(42);
        assert_eq!(random.next_bits().cast_signed(), -1_170_105_035);
        assert_eq!(random.next_bits().cast_signed(), 234_785_527);
        let mut random = JavaRandom::new(42);
        assert_eq!([10; 3].map(|bound| random.next_below(bound)), [0, 3, 8]);
        assert_eq!(JavaRandom::new(42).next_double().to_string(), "0.7275636800328681");
    }

    #[test]
    fn scaling_covers_the_whole_range() {
        let check = |start, end, bits, expected| assert_eq!(between(start, end, bits), expected);
        check(0, 10, 0, 0);
        check(0, 10, u64::MAX, 9);
        check(-5, 5, 1 << 63, 0);
        check(i64::MIN, i64::MAX, 0, i64::MIN);
        check(i64::MIN, i64::MAX, u64::MAX, i64::MAX - 1);
    }
}
