"""The evidence behind a draft: whether it has changed, and what is kept of a source that has fallen silent."""

from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256

import orjson
from pydantic import TypeAdapter

from shared.contracts.evidence import Evidence

_EVIDENCE = TypeAdapter(list[Evidence])


def fingerprint(evidence: Iterable[Evidence], *, unavailable: Collection[str]) -> str:
    """Equal for the same evidence in any order; different once a piece came, went or says something else."""
    pieces = _EVIDENCE.dump_python(sorted(evidence, key=lambda piece: piece.id), mode="json")
    return sha256(orjson.dumps([pieces, sorted(unavailable)], option=orjson.OPT_SORT_KEYS)).hexdigest()


def reread(
    fresh: Sequence[Evidence],
    *,
    unavailable: Collection[str],
    before: Sequence[Evidence],
    unavailable_before: Collection[str],
) -> tuple[tuple[Evidence, ...], frozenset[str]]:
    """The evidence to submit with, and the kinds that nobody has read.

    A source that answered the draft and is silent now does not stop the submission: what it said then counts, and the
    department reads it again when it decides.
    """
    silent = frozenset(unavailable)
    kept = [piece for piece in before if piece.kind in silent]
    return (*(piece for piece in fresh if piece.kind not in silent), *kept), silent & frozenset(unavailable_before)
