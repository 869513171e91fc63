"""The guarantee: every committed event is numbered, kept, delivered in order per entity, and provably complete."""

from shared.messaging.model import MessagingTables, install

__all__ = ["MessagingTables", "install"]
