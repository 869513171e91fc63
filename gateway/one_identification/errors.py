"""The way that only this call is refused."""

from shared.errors import Invalid


class RepresentationsNotYours(Invalid):
    """Whom the caller may act for is established by identity, not sent by the caller."""
