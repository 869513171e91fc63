"""Pages are cut by key; a cursor that we did not make is refused."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest

from shared.pagination import CursorNotValid, Page, decode_cursor, encode_cursor

AT = datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC)
ID = UUID("0199c0de-0000-7000-8000-000000000001")


def test_a_cursor_comes_back_as_it_was() -> None:
    assert decode_cursor(encode_cursor(AT, ID)) == (AT, ID)
    assert decode_cursor(None) is None


@pytest.mark.parametrize("cursor", ["", "x", "W10", "WzEsMl0", "é", "WyIyMDI2LTAxLTAxIiwgIngiXQ"])
def test_a_cursor_of_others_is_refused(cursor: str) -> None:
    with pytest.raises(CursorNotValid):
        decode_cursor(cursor)


@pytest.mark.parametrize(
    "position",
    [
        ["2026-01-01T00:00:00+00:00", 5],
        ["2026-01-01T00:00:00+00:00", [str(ID)]],
        ["0001-01-01T00:00:00+14:00", str(ID)],  # before the first instant, or after the last, that UTC can say
        ["9999-12-31T23:59:59-14:00", str(ID)],
    ],
)
def test_a_cursor_that_no_list_can_have_is_refused_before_the_database_sees_it(position: list[object]) -> None:
    with pytest.raises(CursorNotValid):
        decode_cursor(urlsafe_b64encode(orjson.dumps(position)).decode())


def test_the_extra_row_only_tells_that_there_is_more() -> None:
    page = Page[int].of([1, 2, 3], limit=2, show=lambda row: row * 10, key=str)
    assert (page.items, page.next) == ([10, 20], "2")
    assert Page[int].of([1, 2], limit=2, show=lambda row: row, key=str).next is None
