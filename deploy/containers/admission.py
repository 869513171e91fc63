"""The seal of a department that is registered while the platform runs.

The step that makes secrets has no network, so it is given the list of departments, and remembers it: seals that are
lost are made again for the same departments.
"""

from pydantic import TypeAdapter, ValidationError

from certificates.sealing.authority import SealingDepartment
from deploy.containers.folders import Folders
from deploy.embedded.errors import LaunchError
from shared.schemas import AwareDatetime


class Listed(SealingDepartment):
    """A department as `onevisit admin department list --json` prints it."""

    retired_at: AwareDatetime | None = None


_LIST = TypeAdapter(list[Listed])


def admit(folders: Folders, printed: bytes) -> list[str]:
    """Each department of the list that is not retired has a seal; answers what was made.

    Nobody's seal is taken away, and departments that the list leaves out stay as they are. Refuses what is no
    such list (LaunchError).
    """
    try:
        listed = _LIST.validate_json(printed)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the whole of it"
        raise LaunchError(f"this is not what `onevisit admin department list --json` prints: see {where}") from None
    folders.home.prepare()
    folders.home.admit([department.model_dump(mode="json") for department in listed])
    return folders.fill()
