//! Times as Wait and Choice states read them: RFC 3339 with an offset, such as
//! `2016-03-14T01:59:00.5+02:00`.
//!
//! Own code, because date libraries are more generous than AWS: a time without offset, a space
//! for the `T` or a week date is no timestamp here. Seconds may be left out, as in Java's
//! `ISO_OFFSET_DATE_TIME`, which is what AWS's error messages name.

/// A point in time; ordered by instant, whatever offset it was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: i64,
    nanoseconds: u32,
}

impl Timestamp {
    /// Reads a timestamp; `None` if `text` is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_once('T')?;
        let days = days_since_1970(date)?;
        let offset_at = time.find(['Z', '+', '-'])?;
        let (time, offset) = time.split_at(offset_at);
        let (second_of_day, nanoseconds) = time_of_day(time)?;
        let seconds = days * 86_400 + second_of_day - offset_seconds(offset)?;
        Some(Self { seconds, nanoseconds })
    }

    /// Whole seconds since 1970-01-01T00:00:00Z; negative before.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds after [`Self::unix_seconds`], below one billion.
    #[must_use]
    pub fn subsec_nanos(self) -> u32 {
        self.nanoseconds
    }
}

/// A number of exactly `digits` digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Days from 1970-01-01 to `YYYY-MM-DD` in the Gregorian calendar.
fn days_since_1970(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_in_month = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=days_in_month).contains(&day) {
        return None;
    }
    // Years that begin in March have their leap day last; 719468 days lie before 1970 in them.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468)
}

/// Seconds since midnight and nanoseconds of `HH:MM[:SS[.fraction]]`.
fn time_of_day(time: &str) -> Option<(i64, u32)> {
    let mut parts = time.splitn(3, ':');
    let hours = number(parts.next()?, 2).filter(|hours| *hours < 24)?;
    let minutes = number(parts.next()?, 2).filter(|minutes| *minutes < 60)?;
    let whole_minutes = hours * 3_600 + minutes * 60;
    let Some(seconds) = parts.next() else { return Some((whole_minutes, 0)) };
    let (seconds, fraction) = match seconds.split_once('.') {
        Some((seconds, fraction)) => (seconds, nanoseconds(fraction)?),
        None => (seconds, 0),
    };
    let seconds = number(seconds, 2).filter(|seconds| *seconds < 60)?;
    Some((whole_minutes + seconds, fraction))
}

/// Nanoseconds of the one to nine digits after the point.
fn nanoseconds(fraction: &str) -> Option<u32> {
    if fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    u32::try_from(number(&format!("{fraction:0<9}"), 9)?).ok()
}

/// Seconds east of UTC of `Z`, `+HH:MM` or `-HH:MM`; at most 18 hours, as in Java.
fn offset_seconds(offset: &str) -> Option<i64> {
    if offset == "Z" {
        return Some(0);
    }
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let minutes = number(hours, 2)? * 60 + number(minutes, 2).filter(|minutes| *minutes < 60)?;
    (minutes <= 18 * 60).then_some(sign * minutes * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_instants() {
        let check = |text: &str, seconds: i64, nanoseconds: u32| {
            assert_eq!(Timestamp::parse(text), Some(Timestamp { seconds, nanoseconds }), "{text}");
        };
        check("1970-01-01T00:00:00Z", 0, 0);
        check("1969-12-31T23:59:59Z", -1, 0);
        check("2016-03-14T01:59:00Z", 1_457_920_740, 0);
        check("2016-03-14T03:59:00+02:00", 1_457_920_740, 0);
        check("2016-03-13T20:29-05:30", 1_457_920_740, 0);
        check("2016-03-05T21:29:29.243167252Z", 1_457_213_369, 243_167_252);
        check("2000-02-29T00:00:00.5Z", 951_782_400, 500_000_000);
        check("0000-03-01T00:00:00Z", -62_162_035_200, 0);
        check("9999-12-31T23:59:59Z", 253_402_300_799, 0);
    }

    #[test]
    fn what_is_not_exactly_a_timestamp_is_none() {
        for text in [
            "",
            "2016-12-05T21:29:29",
            "2016-13-05T21:29:29Z",
            "2016-00-05T21:29:29Z",
            "05-12-2016T21:29:29Z",
            "2015-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2016-04-31T00:00:00Z",
            "2016-12-05 21:29:29Z",
            "2016-12-05t21:29:29z",
            "2016-12-05T24:00:00Z",
            "2016-12-05T21:60:00Z",
            "2016-12-05T21:29:60Z",
            "2016-12-05T21Z",
            "2016-12-05T21:29:29.Z",
            "2016-12-05T21:29:29.0123456789Z",
            "2016-12-05T21:29:29+0200",
            "2016-12-05T21:29:29+02",
            "2016-12-05T21:29:29+18:01",
            "2016-12-05T21:29:29Z ",
            "2016-12-05T21:29:29é",
            "2016-12-05T21:29:29+é:00",
            "+016-12-05T21:29:29Z",
            "2016-1-5T21:29:29Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn order_is_by_instant() {
        let check = |earlier: &str, later: &str| {
            assert!(Timestamp::parse(earlier) < Timestamp::parse(later), "{earlier} {later}");
        };
        check("2016-03-14T01:59:00Z", "2016-03-14T01:59:00.000000001Z");
        check("2016-03-14T03:59:00+02:00", "2016-03-14T01:59:01Z");
        check("1969-12-31T23:59:58.9Z", "1969-12-31T23:59:59.1Z");
    }
}
