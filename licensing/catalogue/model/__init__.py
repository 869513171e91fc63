"""The catalogue's definitions, and a parsed catalogue that knows what planning needs."""

from licensing.catalogue.model.catalogue import PLATFORM, Catalogue, Finding, prerequisites_of
from licensing.catalogue.model.definitions import (
    Attribute,
    Department,
    EvidenceKind,
    Guide,
    Item,
    Role,
    SharingRule,
    Text,
    Thing,
)

__all__ = [
    "PLATFORM",
    "Attribute",
    "Catalogue",
    "Department",
    "EvidenceKind",
    "Finding",
    "Guide",
    "Item",
    "Role",
    "SharingRule",
    "Text",
    "Thing",
    "prerequisites_of",
]
