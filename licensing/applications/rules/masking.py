"""What an applicant sees of a party whom they may not act for: that it is held, and at most its first sign."""

from collections.abc import Mapping

from pydantic import JsonValue

from shared.texts import HIDDEN, recognisable

_TELLING = frozenset({"enum", "const", "format", "pattern"})  # one sign of these would tell the whole


def masked(value: JsonValue, *, schema: Mapping[str, JsonValue], sensitive: bool) -> JsonValue:
    """A name or an address keeps its first character, to be recognised by; everything else is hidden entirely.

    Text that the vocabulary does not mark as sensitive comes from a small set (an ethnicity, a nationality), of which
    the first character would tell the whole. The length of what is hidden does not show.
    """
    if sensitive and isinstance(value, str) and len(value) > 1 and not _TELLING & schema.keys():
        return recognisable(value)
    return HIDDEN
