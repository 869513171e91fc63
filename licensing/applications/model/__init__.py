"""Drafts, applications, correction tickets: their tables, and how commands see them."""

from licensing.applications.model.application import (
    Application,
    ApplicationState,
    Confirmed,
    DeliveryMethod,
    Entry,
    Happened,
    Opened,
    Ticket,
)
from licensing.applications.model.draft import DRAFT_LIFETIME, DRAFT_LONGEST, DRAFT_REMEMBERED, Draft, Sheet
from licensing.applications.model.tables import PROGRESS_CHANNEL, applications, correction_tickets, drafts

__all__ = [
    "DRAFT_LIFETIME",
    "DRAFT_LONGEST",
    "DRAFT_REMEMBERED",
    "PROGRESS_CHANNEL",
    "Application",
    "ApplicationState",
    "Confirmed",
    "DeliveryMethod",
    "Draft",
    "Entry",
    "Happened",
    "Opened",
    "Sheet",
    "Ticket",
    "applications",
    "correction_tickets",
    "drafts",
]
