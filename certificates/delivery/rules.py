"""What a courier's word means for a delivery, and when to ask again. Pure."""

from datetime import timedelta
from typing import Final

from certificates.delivery.model import CARRIED, TRIES, Delivery, State
from certificates.delivery.schemas import Progress

LONGEST_PAUSE: Final = timedelta(hours=1)


def next_state(delivery: Delivery, progress: Progress) -> State | None:
    """The state that this word brings about; None where it says nothing new, or the courier has it no more."""
    if delivery.state not in CARRIED:
        return None
    if progress.state == "delivered":
        return State.DELIVERED
    if progress.tries <= delivery.tries:
        return None
    return State.PICK_UP if progress.tries >= TRIES else State.FAILED


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many questions in vain: doubling, from a second to an hour."""
    return min(LONGEST_PAUSE, timedelta(seconds=2 ** min(attempts, 12)))
