"""NDJSON as it comes: lines with their numbers, in batches, with no more in memory than one batch."""

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass, field

from shared.imports.model import BATCH_BYTES, BATCH_LINES, MAX_LINE_BYTES
from shared.web.problems import BodyTooLarge


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the department's file; `content` is None where it is longer than a row may be."""

    number: int
    content: bytes | None


@dataclass(slots=True)
class Batch:
    """Lines that are decided in one transaction: those from `first` to before `end`. Blank ones are left out."""

    first: int
    end: int
    lines: list[Line] = field(default_factory=list)
    size: int = 0

    @property
    def full(self) -> bool:
        return self.end - self.first >= BATCH_LINES or self.size >= BATCH_BYTES


async def batches(chunks: AsyncIterable[bytes], *, first: int, max_bytes: int) -> AsyncGenerator[Batch]:
    """The lines of an upload whose first line is line `first` of the file; the last may end without a newline.

    Refuses (BodyTooLarge) at the first byte beyond `max_bytes`. Where the upload breaks off, its error comes through
    and what was read of the batch is forgotten: a line that was cut in two is nobody's.
    """
    batch, rest, too_long, size = Batch(first, first), b"", False, 0
    async for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise BodyTooLarge(max_bytes=max_bytes)
        *whole, rest = (rest + chunk).split(b"\n")
        for content in whole:
            _take(batch, content, too_long=too_long)
            too_long = False
            if batch.full:
                yield batch
                batch = Batch(batch.end, batch.end)
        if len(rest) > MAX_LINE_BYTES:
            too_long, rest = True, b""
    if rest or too_long:
        _take(batch, rest, too_long=too_long)
    if batch.end > batch.first:
        yield batch


def _take(batch: Batch, content: bytes, *, too_long: bool) -> None:
    number = batch.end
    batch.end += 1
    if too_long or len(content) > MAX_LINE_BYTES:
        batch.lines.append(Line(number, None))
    elif content.strip():
        batch.lines.append(Line(number, content))
        batch.size += len(content)
