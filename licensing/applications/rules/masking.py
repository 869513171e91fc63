"""What an applicant sees of a party whom they may not act for: that it is held, and no more than its first sign."""

from collections.abc import Mapping

from pydantic import JsonValue

HIDDEN = "***"
_TELLING = frozenset({"enum", "const", "format", "pattern"})  # one sign of these would tell the whole


def masked(value: JsonValue, *, schema: Mapping[str, JsonValue]) -> JsonValue:
    """Free text keeps its first character (a family name, a province); everything else is hidden entirely.

    The length of what is hidden does not show.
    """
    if isinstance(value, str) and len(value) > 1 and not _TELLING & schema.keys():
        return value[0] + HIDDEN
    return HIDDEN
