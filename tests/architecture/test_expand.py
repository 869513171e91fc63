"""A migration only adds, for services of the release before run on its tables; what takes away says why that is safe.

contracts = "no release since 0.3 reads parties.nickname"       in a revision that takes something away
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import services

ROOT = Path(__file__).parents[2]
# These were written before there was a release that could be running.
BEFORE_THE_FIRST_RELEASE = {
    "certificates/migrations/versions/0002_status_and_seal_uses.py",
    "records/migrations/versions/0003_telling.py",
}
_TAKES_AWAY = re.compile(
    r"\b(DROP\s+(TABLE|COLUMN|DEFAULT|FUNCTION)|RENAME|SET\s+NOT\s+NULL|TRUNCATE)\b", re.IGNORECASE
)


def takings(source: str) -> Iterator[str]:
    """What a revision takes from code that knows only the tables before it."""
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        match call.func:
            case ast.Attribute(value=ast.Name("op"), attr=name):
                yield from _of_operation(name, call)


def _of_operation(name: str, call: ast.Call) -> Iterator[str]:
    told = {each.arg: each.value for each in call.keywords}
    if name in {"drop_table", "drop_column", "rename_table"}:
        yield name
    if name == "alter_column" and _narrows(told):
        yield name
    if name == "add_column" and _is_a_duty(call):
        yield "add_column without a default"
    if name == "execute" and _TAKES_AWAY.search(ast.unparse(call)):
        yield "execute"


def _narrows(told: dict[str | None, ast.expr]) -> bool:
    """Another name or type, a duty to give a value, or no default any more."""
    return "new_column_name" in told or any(
        key in told and ast.unparse(told[key]) == value
        for key, value in (("nullable", "False"), ("server_default", "None"))
    )


def _is_a_duty(call: ast.Call) -> bool:
    column = call.args[1]
    told = {each.arg: each.value for each in column.keywords} if isinstance(column, ast.Call) else {}
    is_wanted = "nullable" in told and ast.unparse(told["nullable"]) == "False"
    return is_wanted and not told.keys() & {"server_default"}


def revisions() -> list[str]:
    return sorted(
        str(path.relative_to(ROOT))
        for service in services.WITH_DATABASE
        for path in (ROOT / service / "migrations" / "versions").glob("*.py")
    )


@pytest.mark.parametrize("path", revisions())
def test_a_revision_only_adds_or_says_why_nobody_needs_what_it_takes(path: str) -> None:
    source = (ROOT / path).read_text(encoding="utf-8")
    taken = list(takings(source))
    if path in BEFORE_THE_FIRST_RELEASE:
        assert taken, f"{path} takes nothing away; it needs no exception"
    elif "contracts = " not in source:
        assert taken == [], f"{path}: a release adds, a later one takes away (docs/operations/backup-and-upgrade.md)"


@pytest.mark.parametrize(
    "statement",
    [
        "op.drop_column('parties', 'born_on')",
        "op.drop_table('parties')",
        "op.alter_column('parties', 'kind', nullable=False)",
        "op.alter_column('parties', 'kind', new_column_name='sort')",
        "op.alter_column('parties', 'kind', server_default=None)",
        "op.add_column('parties', sa.Column('kind', sa.Text, nullable=False))",
        "op.execute('ALTER TABLE parties ALTER kind SET NOT NULL')",
    ],
)
def test_what_takes_away_is_seen(statement: str) -> None:
    assert list(takings(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "op.add_column('parties', sa.Column('kind', sa.Text, nullable=False, server_default='person'))",
        "op.add_column('parties', sa.Column('kind', sa.Text))",
        "op.alter_column('parties', 'kind', nullable=True)",
        "op.create_table('parties')",
        "op.drop_constraint('ck_parties_kind', 'parties', type_='check')",
    ],
)
def test_what_adds_or_widens_is_let_through(statement: str) -> None:
    assert list(takings(statement)) == []
