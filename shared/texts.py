"""Verdicts on what people write. Pure."""

import unicodedata

_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})  # control, format (bidi overrides), private use
_ALLOWED = frozenset("\n\t")


def has_invisible(text: str) -> bool:
    """Whether a text holds signs that nobody sees, or that make it look other than it is."""
    return any(unicodedata.category(sign) in _INVISIBLE and sign not in _ALLOWED for sign in text)
