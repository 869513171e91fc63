"""Whether the clocks of a deployment agree."""

from deploy.checks.finding import Finding, found
from shared.database import MOST_CLOCK_SECONDS


def check_clock(whose: str, seconds: float, *, stops: bool = False) -> Finding:
    """Tokens, deadlines and leases are judged by two clocks."""
    return found(
        f"clock of {whose}",
        f"{seconds:.1f} s apart from ours",
        wrong=seconds > MOST_CLOCK_SECONDS,
        mend="let both follow a time server (chrony, systemd-timesyncd)",
        stops=stops,
    )
