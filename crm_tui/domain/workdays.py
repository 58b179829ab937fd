"""Working days: a day counts as one unless the country's calendar gives it off.

For China the make-up workdays (调休) are those that the State Council announces a year ahead, as chinese-calendar
has them; years it does not have, and other countries, come from `holidays`. Both are imported only when a day is asked
about, as they take longer to load than most commands run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache

from msgspec import Struct

from crm_tui.domain.language import N_

SATURDAY_SUNDAY = frozenset({5, 6})
HORIZON = 400
"""Days within which a holiday that comes every year, by the moon or the sun, is found."""

CHINESE_HOLIDAYS = (
    N_("New Year's Day"),
    N_("Spring Festival"),
    N_("Tomb-sweeping Day"),
    N_("Labour Day"),
    N_("Dragon Boat Festival"),
    N_("Mid-autumn Festival"),
    N_("National Day"),
)
"""The names that `Workdays.holiday_name` gives for CN, marked for the catalogues."""

_DAY = timedelta(days=1)
_RESPELLED = {
    "Chinese New Year": "Spring Festival",
    "Chinese New Year's Eve": "Spring Festival",
    "Tomb-Sweeping Day": "Tomb-sweeping Day",
    "Labor Day": "Labour Day",
    "Mid-Autumn Festival": "Mid-autumn Festival",
}


class _Year(Struct, frozen=True):
    """One country's year: its holidays by name, the weekend days worked, the weekend (0 is Monday)."""

    names: dict[date, str]
    makeup: frozenset[date] = frozenset()
    weekend: frozenset[int] = SATURDAY_SUNDAY
    complete: bool = True


class Workdays(Struct, frozen=True):
    """The working days of `country`, an ISO 3166 code of two letters; "" knows weekends only."""

    country: str = "CN"

    def is_workday(self, day: date) -> bool:
        """Whether one works on `day`: make-up weekends are worked, holidays and other weekends are not."""
        year = _year(self.country.upper(), day.year)
        return day in year.makeup or (day.weekday() not in year.weekend and day not in year.names)

    def holiday_name(self, day: date) -> str | None:
        """The public holiday on `day`, in English (a key of the catalogues for CN); None for any other day."""
        return _year(self.country.upper(), day.year).names.get(day)

    def next_workday(self, after: date) -> date:
        """The first working day strictly after `after`."""
        return self.add(after, 1)

    def add(self, day: date, n: int) -> date:
        """The `n`th working day after `day` (before it where `n` is negative); `day` itself for 0.

        Raises OverflowError past the years 1 to 9999.
        """
        step = _DAY if n > 0 else -_DAY
        left = abs(n)
        while left:
            day += step
            left -= self.is_workday(day)
        return day

    def between(self, a: date, b: date) -> int:
        """How many working days lie after `a`, up to and including `b`; negative where `b` is earlier."""
        if b < a:
            return -self.between(b, a)
        return sum(self.is_workday(a + timedelta(days=n)) for n in range(1, (b - a).days + 1))

    def missing(self, year: int) -> bool:
        """Whether the calendar lacks `year`: for CN its make-up workdays, elsewhere its holidays altogether."""
        return not _year(self.country.upper(), year).complete

    def holiday(self, since: date, names: Iterable[str] = (), days: int = 1) -> tuple[date, date] | None:
        """First and last day of the next days off that hold a public holiday; None within 400 days.

        Days off that have begun count while `since` is one of them. `names` are parts of the holiday's name, in any
        case, of which one must fit (none given: any holiday); `days` is how long the days off must be in a row.
        """
        wanted = tuple(name.casefold() for name in names) or ("",)
        for run in self._days_off(since):
            called = [name.casefold() for day in run if (name := self.holiday_name(day))]
            if len(run) >= days and any(part in name for name in called for part in wanted):
                return run[0], run[-1]
        return None

    def _days_off(self, since: date) -> Iterator[list[date]]:
        """Every unbroken row of days off that ends on or after `since`, in order, up to the horizon."""
        day = since
        while not self.is_workday(day):
            day -= _DAY
        end = since + timedelta(days=HORIZON)
        run: list[date] = []
        while day <= end or run:
            if not self.is_workday(day):
                run.append(day)
            elif run:
                yield run
                run = []
            day += _DAY


@lru_cache(maxsize=64)
def _year(country: str, year: int) -> _Year:
    if not country:
        return _Year({})
    announced = _announced(year) if country == "CN" else None
    return announced or _computed(country, year)


def _announced(year: int) -> _Year | None:
    """China's year as the State Council announced it; None for a year that is not announced."""
    from chinese_calendar import holidays, workdays

    names = {day: str(name) for day, name in holidays.items() if day.year == year}
    return _Year(names, frozenset(day for day in workdays if day.year == year)) if names else None


def _computed(country: str, year: int) -> _Year:
    """The year by the country's law; weekends only for a country or a year that nobody has written down."""
    from holidays import country_holidays

    try:
        found = country_holidays(country, years=year, language="en_US", expand=False)
    except NotImplementedError:
        return _Year({}, complete=False)
    names = {day: _plain(name, country) for day, name in found.items() if day.year == year}
    makeup = frozenset(day for day in found.weekend_workdays if day.year == year)
    complete = bool(names) and (country != "CN" or bool(makeup))
    return _Year(names, makeup, frozenset(found.weekend), complete)


def _plain(name: str, country: str) -> str:
    """The name without remarks such as "(observed)", and for CN as the announced years spell it."""
    name = name.partition(" (")[0]
    return _RESPELLED.get(name, name) if country == "CN" else name
