"""All tables of this service: its features' and those of the shared mechanism."""

from shared import idempotency, timers
from shared.database import new_metadata
from shared.evidence import model as evidence
from shared.messaging import model as messaging

metadata = new_metadata()
messaging.install(metadata)
idempotency.install(metadata)
evidence.install(metadata)
timers.install(metadata)
