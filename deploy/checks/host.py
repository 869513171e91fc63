"""Whether the machine has room for what is written."""

import shutil
from pathlib import Path

from deploy.checks.finding import Finding, found

_LEAST_BYTES, _LEAST_SHARE = 2 * 1024**3, 0.05
_GIB = 1024**3


def check_room(path: Path) -> Finding:
    """The file system on which this lies. In a container, `/` lies where the engine keeps its volumes by default."""
    usage = shutil.disk_usage(path)
    return judge_room(str(path), total=usage.total, free=usage.free)


def judge_room(what: str, *, total: int, free: int) -> Finding:
    """Bytes. PostgreSQL refuses every change, and NATS every event, once nothing is left."""
    return found(
        f"disk of {what}",
        f"{free / _GIB:.1f} of {total / _GIB:.1f} GiB free",
        wrong=free < max(_LEAST_BYTES, total * _LEAST_SHARE),
        mend="make room, or a larger disk: with a full one nothing can be handed in",
    )
