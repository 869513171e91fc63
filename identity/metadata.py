"""The tables of this service's database: its own, and those of the shared mechanisms."""

from shared import administration, idempotency, messaging, timers
from shared.database import new_metadata

metadata = new_metadata()
messaging.install(metadata)
idempotency.install(metadata)
timers.install(metadata)
administration.install(metadata)
