"""All tables of this service: its features' and those of the shared mechanism."""

from shared import idempotency, timers
from shared.database import new_metadata
from shared.evidence import model as evidence
from shared.imports import model as imports
from shared.messaging import model as messaging

metadata = new_metadata()
messaging.install(metadata)
idempotency.install(metadata)
timers.install(metadata)
evidence.install(metadata)
imports.install(metadata)
