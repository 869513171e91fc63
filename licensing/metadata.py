"""Every table of licensing: what its features declare, and what shared mechanism needs in the same database."""

from shared import administration, idempotency, timers
from shared.database import new_metadata
from shared.messaging import model as messaging

metadata = new_metadata()
messaging.install(metadata)
idempotency.install(metadata)
timers.install(metadata)
administration.install(metadata)
