"""What was looked at, how it is, and what to do about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`mend` says what to do; without it all is in order. `stops`: no service starts so, outside a demonstration."""

    what: str
    says: str
    mend: str | None = None
    stops: bool = False

    @property
    def line(self) -> str:
        """One line, for who must do something about it."""
        return f"{self.what}: {self.says}" + (f"; {self.mend}" if self.mend else "")

    @property
    def is_in_order(self) -> bool:
        return self.mend is None and not self.stops


def found(what: str, says: str, *, wrong: bool, mend: str, stops: bool = False) -> Finding:
    """In order, or to be mended."""
    return Finding(what, says, mend if wrong else None, stops=wrong and stops)
