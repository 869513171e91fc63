"""A notice for 2027 as it might be. Nobody has published it."""

from datetime import date, timedelta
from typing import Any

SOURCE = "国办发明电〔2026〕8号"
STRETCHES = [
    ("2027-01-01", 3, "元旦"),
    ("2027-02-05", 8, "春节"),
    ("2027-04-03", 3, "清明节"),
    ("2027-05-01", 5, "劳动节"),
    ("2027-06-09", 1, "端午节"),
    ("2027-09-15", 1, "中秋节"),
    ("2027-10-01", 7, "国庆节"),
]
MAKEUP = ["2027-01-31", "2027-02-20", "2027-05-08", "2027-10-09"]
HOLIDAYS = {
    date.fromisoformat(first) + timedelta(days=n): name for first, length, name in STRETCHES for n in range(length)
}
MAKEUP_WORKDAYS = {date.fromisoformat(day): "调休上班" for day in MAKEUP}


def named(days: dict[date, str]) -> list[dict[str, str]]:
    return [{"date": day.isoformat(), "name": name} for day, name in days.items()]


def notice(*, without: str = "", **more: Any) -> dict[str, Any]:
    """As it is sent; `without` leaves one day out."""
    holidays = [day for day in named(HOLIDAYS) if day["date"] != without]
    return {"source_doc": SOURCE, "holidays": holidays, "makeup_workdays": named(MAKEUP_WORKDAYS), **more}
