"""Keyset pages: `{items, next}`. No offsets, no totals: both grow slower with the table than people's patience."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Generic, Self, TypeVar
from uuid import UUID

import orjson
from fastapi import Query

from shared.errors import Invalid
from shared.schemas import Strict

T = TypeVar("T")
R = TypeVar("R")


class CursorNotValid(Invalid):
    code = "cursor-not-valid"
    title_en = "This cursor was not given by us; start from the first page"
    title_zh = "游标无效，请从第一页开始"


Limit = Annotated[int, Query(ge=1, le=100, description="How many at most.")]
After = Annotated[str | None, Query(max_length=512, description="`next` of the page before.")]


class Page(Strict, Generic[T]):
    """One page; `next` is absent on the last."""

    items: list[T]
    next: str | None = None

    @classmethod
    def of(cls, rows: Sequence[R], *, limit: int, show: Callable[[R], T], key: Callable[[R], str]) -> Self:
        """From `limit + 1` fetched rows: the extra row only tells that there is more."""
        shown = rows[:limit]
        return cls(items=[show(row) for row in shown], next=key(shown[-1]) if len(rows) > limit else None)


def encode_cursor(at: datetime, last: UUID) -> str:
    """An opaque position in a list that is ordered by (instant, id)."""
    return urlsafe_b64encode(orjson.dumps([at.isoformat(), str(last)])).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The position that a cursor stands for; refuses what we did not make."""
    if cursor is None:
        return None
    try:
        at, last = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("naive")
        return moment.astimezone(UTC), UUID(last)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise CursorNotValid from None
