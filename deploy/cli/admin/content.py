"""`admin region load | list` and `admin calendar load | list`: what files say, handed to the platform."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from deploy.cli.admin.options import listed
from deploy.cli.door import Door
from deploy.cli.options import DATA_DIR, DataDir, Json, answer
from deploy.embedded.errors import LaunchError

app = typer.Typer()
region = typer.Typer(help="Administrative divisions (行政区划).", no_args_is_help=True)
calendar = typer.Typer(help="Working days (工作日), year by year.", no_args_is_help=True)
app.add_typer(region, name="region")
app.add_typer(calendar, name="calendar")

LIST_COLUMNS = ["code", "name_zh", "name_en", "abolished_on"]
MAKEUP = "调休上班"
LONGEST = 31
File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)]


@region.command("load")
def load_regions(context: typer.Context, file: File, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """Add or change divisions from a CSV with the columns code, name_zh and, if you like, name_en, abolished_on.

    Safe to repeat. Refused as a whole, with every code that cannot be right.
    """
    says = {"regions": list(regions_in(file))}
    _, loaded = Door.of(context).open(data_dir).put("/v1/admin/regions", says)
    answer(loaded) if json else typer.echo(
        f"{loaded['loaded']} regions: {loaded['new']} new, {loaded['changed']} changed"
    )


@region.command("list")
def list_regions(
    context: typer.Context,
    within: Annotated[str | None, typer.Option("--within", help="A province or a city.")] = None,
    data_dir: DataDir = DATA_DIR,
    json: Json = False,
) -> None:
    """Divisions by code, those that are no more too."""
    found = list(Door.of(context).open(data_dir).pages("/v1/regions", within=within))
    listed(found, lambda row: (row["code"], row["abolished_on"] or "", row["name"]["zh"]), as_json=json)


@calendar.command("load")
def load_year(context: typer.Context, file: File, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """Load or replace a year from a YAML file that says what the State Council's notice says.

    `year`, `source_doc` (the notice's number), `holidays` (each with name, from and to), `makeup_workdays` (dates).
    Refused with the very days where it contradicts itself or leaves a statutory holiday out.
    """
    year, says = notice_in(file)
    _, loaded = Door.of(context).open(data_dir).put(f"/v1/calendar/years/{year}", says)
    answer(loaded) if json else typer.echo(
        f"{year} is loaded: {loaded['workdays']} working days ({loaded['source_doc']})"
    )


@calendar.command("list")
def list_years(context: typer.Context, data_dir: DataDir = DATA_DIR, json: Json = False) -> None:
    """The years that are loaded."""
    found = Door.of(context).open(data_dir).get("/v1/calendar/years")["items"]
    listed(found, lambda row: (row["year"], row["workdays"], row["source_doc"]), as_json=json)


def notice_in(file: Path) -> tuple[int, dict[str, Any]]:
    """The year and the two lists of a notice's file; refuses what is not written so, naming the part."""
    try:
        # Everything as it is written: a date that does not exist is to be named, not to fail inside the parser.
        said = yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506  # makes texts, nothing else
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LaunchError(f"{file} is not YAML: {' '.join(str(error).split())}") from None
    parts = {"year", "source_doc", "holidays", "makeup_workdays"}
    if not isinstance(said, dict) or said.keys() != parts or not str(said["year"]).isdecimal():
        raise LaunchError(f"{file} must hold exactly: {', '.join(sorted(parts))}; the year a number")
    holidays = [day for stretch in _listed(said["holidays"], "holidays") for day in _days_of(stretch)]
    makeup = [
        {"date": _date(day, "makeup_workdays"), "name": MAKEUP}
        for day in _listed(said["makeup_workdays"], "makeup_workdays")
    ]
    return int(said["year"]), {
        "source_doc": str(said["source_doc"]),
        "holidays": holidays,
        "makeup_workdays": makeup,
    }


def _days_of(stretch: object) -> Iterator[dict[str, str]]:
    if not isinstance(stretch, dict) or stretch.keys() != {"name", "from", "to"}:
        raise LaunchError("a holiday is written {name: 春节, from: 2026-02-15, to: 2026-02-23}")
    name = str(stretch["name"])
    first, last = (date.fromisoformat(_date(stretch[end], name)) for end in ("from", "to"))
    if not 0 <= (last - first).days < LONGEST:
        raise LaunchError(f"{name} cannot last from {first} to {last}")
    for n in range((last - first).days + 1):
        yield {"date": (first + timedelta(days=n)).isoformat(), "name": name}


def _date(written: object, where: str) -> str:
    try:
        return date.fromisoformat(str(written)).isoformat()
    except ValueError:
        raise LaunchError(f"{where}: {written} is no date; a date is written 2026-01-31") from None


def _listed(value: object, name: str) -> list[object]:
    if not isinstance(value, list):
        raise LaunchError(f"{name} must be a list")
    return value


def regions_in(file: Path) -> Iterator[dict[str, Any]]:
    """The regions of a CSV; refuses what is not written so, naming the line."""
    try:
        rows = csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines(), strict=True)
        columns = list(rows.fieldnames or [])
        if columns[:2] != LIST_COLUMNS[:2] or not set(columns) <= set(LIST_COLUMNS):
            wanted = ",".join(LIST_COLUMNS)
            raise LaunchError(f"{file} must begin with its columns: {wanted} (the last two may be left out)")
        for row in rows:
            if None in row or None in row.values():
                raise LaunchError(f"{file}: line {rows.line_num} has another number of columns than the first")
            name = {"zh": row["name_zh"], **({"en": row["name_en"]} if row.get("name_en") else {})}
            yield {
                "code": row["code"],
                "name": name,
                **({"abolished_on": row["abolished_on"]} if row.get("abolished_on") else {}),
            }
    except (csv.Error, UnicodeDecodeError) as error:
        raise LaunchError(f"{file} is not a CSV in UTF-8: {error}") from None
