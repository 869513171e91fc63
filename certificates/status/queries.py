"""What the register says to the status lists."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing.model import NOT_VALID, State, certificates

Places = dict[State, Sequence[int]]

_c = certificates.c


async def count_lists(conn: AsyncConnection) -> int:
    """How many lists there are. They are filled one after the other, from 0."""
    last = (await conn.execute(select(func.max(_c.status_list)))).scalar_one()
    return 0 if last is None else int(last) + 1


async def places_of(conn: AsyncConnection, numbers: Sequence[int]) -> dict[int, Places]:
    """By list and by state the places of all certificates in these lists that are not valid: from an index alone."""
    found: dict[int, Places] = {number: {} for number in numbers}
    for number, state, places in await conn.execute(places_statement(numbers)):
        found[number][State(state)] = places
    return found


def places_statement(numbers: Sequence[int]) -> Select[int, str, Sequence[int]]:
    """One row for each list and state, with its places in an array: a hundred thousand of them are one value."""
    return (
        select(_c.status_list, _c.state, func.array_agg(_c.status_index))
        .where(_c.status_list.in_(numbers), NOT_VALID)
        .group_by(_c.status_list, _c.state)
    )
