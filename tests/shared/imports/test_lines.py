"""Lines as they come, however the network cuts them; never more in memory than a batch and a line."""

from collections.abc import AsyncIterator, Iterable

import pytest

from shared.imports.lines import Batch, batches
from shared.imports.model import BATCH_BYTES, BATCH_LINES, MAX_LINE_BYTES
from shared.web.problems import BodyTooLarge

WITHOUT_END = 10**12


async def read(chunks: Iterable[bytes], *, first: int = 1, max_bytes: int = WITHOUT_END) -> list[Batch]:
    async def come() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    return [batch async for batch in batches(come(), first=first, max_bytes=max_bytes)]


def numbered(found: list[Batch]) -> list[tuple[int, bytes | None]]:
    return [(line.number, line.content) for batch in found for line in batch.lines]


BODY = b'{"a":1}\n\n{"b":"\xe6\xb1\x89"}\r\n  \nlast'
LINES = [(1, b'{"a":1}'), (3, b'{"b":"\xe6\xb1\x89"}\r'), (5, b"last")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
async def test_lines_are_the_same_however_they_come_in_parts(size: int) -> None:
    found = await read(BODY[start : start + size] for start in range(0, len(BODY), size))
    assert numbered(found) == LINES
    assert [(batch.first, batch.end) for batch in found] == [(1, 6)]


async def test_numbers_are_those_of_the_whole_file() -> None:
    assert numbered(await read([b"x\ny"], first=1000)) == [(1000, b"x"), (1001, b"y")]


async def test_nothing_is_nothing() -> None:
    assert await read([]) == []
    assert await read([b""]) == []


async def test_a_final_newline_begins_no_line() -> None:
    (batch,) = await read([b"x\n"])
    assert (batch.first, batch.end) == (1, 2)


@pytest.mark.parametrize("size", [1000, MAX_LINE_BYTES, 10 * MAX_LINE_BYTES])
async def test_a_line_that_is_too_long_has_a_number_and_no_content(size: int) -> None:
    body = b"x\n" + b"a" * (5 * MAX_LINE_BYTES) + b"\ny\n" + b"b" * (MAX_LINE_BYTES + 1)
    found = await read(body[start : start + size] for start in range(0, len(body), size))
    assert numbered(found) == [(1, b"x"), (2, None), (3, b"y"), (4, None)]


async def test_a_line_may_be_as_long_as_is_allowed() -> None:
    assert numbered(await read([b"a" * MAX_LINE_BYTES])) == [(1, b"a" * MAX_LINE_BYTES)]


async def test_a_batch_ends_at_so_many_lines_or_bytes() -> None:
    found = await read([b"x\n" * (2 * BATCH_LINES + 1)])
    assert [(batch.first, batch.end) for batch in found] == [
        (1, BATCH_LINES + 1),
        (BATCH_LINES + 1, 2 * BATCH_LINES + 1),
        (2 * BATCH_LINES + 1, 2 * BATCH_LINES + 2),
    ]
    long = [b"a" * MAX_LINE_BYTES + b"\n"] * (2 * BATCH_BYTES // MAX_LINE_BYTES)
    assert [batch.size for batch in await read(long)] == [BATCH_BYTES, BATCH_BYTES]


async def test_an_upload_ends_at_the_first_byte_too_many() -> None:
    with pytest.raises(BodyTooLarge):
        await read([b"x\n", b"y"], max_bytes=2)
    assert numbered(await read([b"x\n"], max_bytes=2)) == [(1, b"x")]


async def test_what_breaks_off_leaves_no_line_that_was_cut() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x\n" * BATCH_LINES + b'{"half'
        raise ConnectionError

    coming = batches(broken(), first=1, max_bytes=WITHOUT_END)
    assert len((await anext(coming)).lines) == BATCH_LINES
    with pytest.raises(ConnectionError):
        await anext(coming)
