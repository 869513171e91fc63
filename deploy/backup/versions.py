"""Nothing of a newer OneVisit is touched by an older one."""

from deploy.embedded.errors import LaunchError
from deploy.migration import knows


def refuse_unknown(service: str, revision: str | None, *, what: str) -> None:
    """This program knows the revision, and so can bring the tables from there to its own."""
    if not knows(service, revision):
        raise LaunchError(
            f"{what} is of a newer OneVisit: {service} is at revision {revision}, which this one does not know"
        )
