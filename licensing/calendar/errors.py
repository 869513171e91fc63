"""The ways the calendar says no."""

from collections.abc import Sequence
from datetime import date

from shared.errors import Invalid, NotFound, RuleNotMet


class CalendarNotConsistent(Invalid):
    """`days`: which; `wrong`: each with why; `missing`: statutory festivals for which no day is named."""

    code = "calendar-not-consistent"
    title_en = "Some days of this notice cannot be right, or are missing"
    title_zh = "放假安排中部分日期有误或缺漏"

    def __init__(self, wrong: Sequence[tuple[date, str]], *, missing: Sequence[str] = ()) -> None:
        super().__init__(
            days=[*dict.fromkeys(day.isoformat() for day, _ in wrong)],
            wrong=[{"day": day.isoformat(), "why": why} for day, why in wrong],
            missing=[*missing],
        )


class CalendarYearMissing(RuleNotMet):
    """`years`: which to load first."""

    code = "calendar-year-missing"
    title_en = "Between this year and those that are loaded some are missing; load them first"
    title_zh = "该年度与已加载年度之间存在缺口，请先加载中间年度"


class CalendarYearNotFound(NotFound):
    code = "calendar-year-not-found"
    title_en = "This year is not loaded"
    title_zh = "该年度尚未加载"
