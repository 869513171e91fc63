"""Verdicts on what people write, and what others may see of it. Pure."""

import unicodedata

_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})  # control, format (bidi overrides), private use
_ALLOWED = frozenset("\n\t")
HIDDEN = "***"


def has_invisible(text: str) -> bool:
    """Whether a text holds signs that nobody sees, or that make it look other than it is."""
    if text.isprintable():  # nearly every text is, and this is said at once
        return False
    return any(unicodedata.category(sign) in _INVISIBLE and sign not in _ALLOWED for sign in text)


def recognisable(name: str) -> str:
    """A name or an address as others may see it: its first sign, to be recognised by, and not even its length."""
    return name[0] + HIDDEN if len(name) > 1 else HIDDEN
