"""The ways merging says no."""

from shared.errors import Invalid


class QueryNotValid(Invalid):
    """`errors` names the parameters."""
