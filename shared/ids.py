"""Identifiers: time-ordered ones for rows and events, random ones for what the public sees."""

from uuid import UUID, uuid4

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7: sorts by creation time, so indexes on it grow at one end."""
    return uuid7()


def random_id() -> UUID:
    """A UUIDv4: says nothing about when or in which order it was made. For parties and certificates."""
    return uuid4()
