"""The ways the calendar says no."""

from shared.errors import Invalid


class CalendarNotConsistent(Invalid):
    code = "calendar-not-consistent"
    title_en = "Some days are outside the year, or both a holiday and a working day"
    title_zh = "部分日期不在该年度内，或同时为假日和工作日"
