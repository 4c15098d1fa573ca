//! The calendar as JavaScript's `Date` has it in UTC: doubles in, doubles out, NaN where there is no date.

pub(super) const DAY: f64 = 86_400_000.0;
const WEEK: f64 = 7.0 * DAY;

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// A date and a time in UTC, months counted from 0, each part free to overflow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Utc {
    pub(super) year: f64,
    pub(super) month: f64,
    pub(super) day: f64,
    pub(super) hour: f64,
    pub(super) minute: f64,
    pub(super) second: f64,
    pub(super) millisecond: f64,
}

impl Utc {
    /// The start of a day.
    pub(super) fn date(year: f64, month: f64, day: f64) -> Self {
        Self {
            year,
            month,
            day,
            hour: 0.0,
            minute: 0.0,
            second: 0.0,
            millisecond: 0.0,
        }
    }

    /// The moment, NaN beyond the range of dates. The years 0 to 99 are those of the twentieth century.
    pub(super) fn millis(mut self) -> f64 {
        if (0.0..=99.0).contains(&self.year.trunc()) {
            self.year += 1900.0;
        }
        self.full_year_millis()
    }

    /// The moment in the very year, NaN beyond the range of dates.
    pub(super) fn full_year_millis(self) -> f64 {
        let year = self.year.trunc();
        let month = self.month.trunc();
        let days = days_of_month(year, month) + self.day.trunc() - 1.0;
        let time = self.hour.trunc() * 3_600_000.0
            + self.minute.trunc() * 60_000.0
            + self.second.trunc() * 1000.0
            + self.millisecond.trunc();
        clip(days * DAY + time)
    }
}

/// A moment as a date can be: whole, within 100,000,000 days of the epoch, NaN beyond them.
pub(super) fn clip(millis: f64) -> f64 {
    if millis.abs() <= 8.64e15 {
        millis.trunc() + 0.0
    } else {
        f64::NAN
    }
}

/// The days from the epoch to the first of a month.
fn days_of_month(year: f64, month: f64) -> f64 {
    let months = year * 12.0 + month;
    // NaN is beyond as well.
    if !months.is_finite() || months.abs() > 12.0 * 400_000.0 {
        return f64::NAN;
    }
    let months = months as i64;
    // Years start in March here, so that the day that comes and goes is their last.
    let (year, month) = ((months - 2).div_euclid(12), (months - 2).rem_euclid(12));
    let days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    (days + (month * 153 + 2) / 5 - 719_468) as f64
}

/// A moment taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    millis: f64,
    year: f64,
    /// From 0.
    month: f64,
    day: f64,
    /// From 1, Monday.
    weekday: f64,
}

impl Fields {
    pub(super) fn of(millis: f64) -> Self {
        let millis = clip(millis);
        if millis.is_nan() {
            let none = f64::NAN;
            return Self {
                millis,
                year: none,
                month: none,
                day: none,
                weekday: none,
            };
        }
        let days = (millis / DAY).floor() as i64;
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let month = (march_month + 2) % 12;
        let year = era * 400 + year_of_era + i64::from(month < 2);
        Self {
            millis,
            year: year as f64,
            month: month as f64,
            day: (day_of_year - (153 * march_month + 2) / 5 + 1) as f64,
            weekday: ((days + 3).rem_euclid(7) + 1) as f64,
        }
    }

    /// The value of a numeric component of XPath's pictures, nothing for a letter that is none.
    pub(super) fn component(&self, letter: char) -> Option<f64> {
        let time = |unit: f64, count: f64| (self.millis / unit).floor().rem_euclid(count);
        Some(match letter {
            'Y' => self.year,
            'M' => self.month + 1.0,
            'D' => self.day,
            'd' => (self.midnight() - Utc::date(self.year, 0.0, 1.0).millis()) / DAY + 1.0,
            'F' => self.weekday,
            'W' => self.week(Span::year(self), 52.0),
            'w' => self.week(Span::month(self), 4.0),
            'X' => self.week_year(),
            'x' => self.week_month(),
            'H' => time(3_600_000.0, 24.0),
            'h' => match time(3_600_000.0, 12.0) {
                0.0 => 12.0,
                hour => hour,
            },
            'm' => time(60_000.0, 60.0),
            's' => time(1000.0, 60.0),
            'f' => time(1.0, 1000.0),
            _ => return None,
        })
    }

    /// Whether it is past noon.
    pub(super) fn is_pm(&self) -> bool {
        self.component('H').is_some_and(|hour| hour >= 12.0)
    }

    fn midnight(&self) -> f64 {
        Utc::date(self.year, self.month, self.day).millis()
    }

    /// The week of the span, the first being the one with its first Thursday.
    fn week(&self, span: Span, weeks_min: f64) -> f64 {
        let today = self.midnight();
        let week = (today - span.first_week()) / WEEK + 1.0;
        let week = if week > weeks_min && today >= span.next().first_week() {
            1.0
        } else if week < 1.0 {
            (today - span.previous().first_week()) / WEEK + 1.0
        } else {
            week
        };
        week.floor()
    }

    fn week_year(&self) -> f64 {
        let year = Span::year(self);
        if self.millis < year.first_week() {
            self.year - 1.0
        } else if self.millis >= year.next().first_week() {
            self.year + 1.0
        } else {
            self.year
        }
    }

    fn week_month(&self) -> f64 {
        let month = Span::month(self);
        let month = if self.millis < month.first_week() {
            month.previous()
        } else if self.millis >= month.next().first_week() {
            month.next()
        } else {
            month
        };
        month.month + 1.0
    }
}

/// A year or a month.
#[derive(Clone, Copy)]
struct Span {
    year: f64,
    month: f64,
    months: f64,
}

impl Span {
    fn year(fields: &Fields) -> Self {
        Self {
            year: fields.year,
            month: 0.0,
            months: 12.0,
        }
    }

    fn month(fields: &Fields) -> Self {
        Self {
            year: fields.year,
            month: fields.month,
            months: 1.0,
        }
    }

    fn next(self) -> Self {
        self.moved(self.months)
    }

    fn previous(self) -> Self {
        self.moved(-self.months)
    }

    fn moved(self, months: f64) -> Self {
        let month = self.month + months;
        Self {
            year: self.year + (month / 12.0).floor(),
            month: month.rem_euclid(12.0),
            months: self.months,
        }
    }

    /// The Monday on which the week with the first Thursday starts.
    fn first_week(self) -> f64 {
        let first = Utc::date(self.year, self.month, 1.0).millis();
        let weekday = Fields::of(first).weekday;
        if weekday > 4.0 {
            first + (8.0 - weekday) * DAY
        } else {
            first - (weekday - 1.0) * DAY
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_come_apart_and_go_together() {
        for day in (-300_000..300_000).step_by(97) {
            let millis = f64::from(day) * DAY;
            let fields = Fields::of(millis);
            if !(0.0..=99.0).contains(&fields.year) {
                assert_eq!(Utc::date(fields.year, fields.month, fields.day).millis(), millis);
            }
        }
        let leap_day = Fields::of(951_782_400_000.0);
        assert_eq!((leap_day.year, leap_day.month, leap_day.day), (2000.0, 1.0, 29.0));
    }

    #[test]
    fn weeks_belong_to_the_year_of_their_thursday() {
        for (date, year, week) in [
            ((2005.0, 0.0, 1.0), 2004.0, 53.0),
            ((2005.0, 11.0, 31.0), 2005.0, 52.0),
            ((2007.0, 0.0, 1.0), 2007.0, 1.0),
            ((2008.0, 11.0, 29.0), 2009.0, 1.0),
            ((2010.0, 0.0, 3.0), 2009.0, 53.0),
        ] {
            let fields = Fields::of(Utc::date(date.0, date.1, date.2).millis());
            assert_eq!(fields.component('X'), Some(year), "{date:?}");
            assert_eq!(fields.component('W'), Some(week), "{date:?}");
        }
    }

    #[test]
    fn there_are_no_dates_beyond_the_range() {
        assert!(Fields::of(8.64e15 + 1.0).component('Y').unwrap().is_nan());
        assert_eq!(Fields::of(8.64e15).component('Y'), Some(275_760.0));
        assert!(Utc::date(1e300, 0.0, 1.0).millis().is_nan());
        assert!(Utc::date(f64::NAN, 0.0, 1.0).millis().is_nan());
    }
}
