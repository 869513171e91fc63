"""How somebody asks the supervisor to replace services, and how it answers: a file of the data directory."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from deploy.embedded.home import Home


@dataclass(frozen=True)
class Asked:
    """Services to replace, in this order; what is done of it, and why the rest is not."""

    services: tuple[str, ...]
    supervisor: int
    done: tuple[str, ...] = ()
    refused: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.refused is not None or self.done == self.services


@dataclass(frozen=True)
class Restarts:
    """What was asked last."""

    home: Home
    path: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", self.home.directory / "restart.json")

    def write(self, asked: Asked) -> None:
        """Whole, as everything in a data directory."""
        self.home.write_secret(self.path, json.dumps(asdict(asked)))

    def read(self) -> Asked | None:
        """None where nobody has asked."""
        try:
            said = json.loads(self.path.read_text())
            return Asked(tuple(said["services"]), said["supervisor"], tuple(said["done"]), said["refused"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
