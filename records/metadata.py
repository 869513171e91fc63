"""All tables of this service: its features' and those of the shared mechanism."""

from shared import idempotency
from shared.database import new_metadata
from shared.evidence import model as evidence
from shared.messaging import model as messaging

metadata = new_metadata()
messaging.install(metadata)
idempotency.install(metadata)
evidence.install(metadata)
