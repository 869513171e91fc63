"""A compose project: its containers are started, killed as if their machine had failed, and removed."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DEPLOY = Path(__file__).parents[2] / "deploy"


class ComposeFailed(RuntimeError):
    """What the engine said."""


class Project:
    """One project of its own: nothing of another is touched."""

    def __init__(
        self, name: str, files: Sequence[Path], environment: Mapping[str, str], *, env_file: Path | None = None
    ) -> None:
        self.name = name
        self._files = [argument for path in files for argument in ("-f", str(path))]
        self._files += ["--env-file", str(env_file)] if env_file is not None else []
        self._environment = {**os.environ, **environment}

    def up(self, *services: str, build: bool = True) -> None:
        """These run and are healthy; all, if none is named."""
        self.compose("up", "--detach", "--wait", "--quiet-pull", *(["--build"] if build else []), *services)

    def remove(self) -> None:
        """Nothing is left of it, its volumes included."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")

    def kill(self, service: str) -> None:
        """kill -9 of everything in the container."""
        self.compose("kill", "--signal", "KILL", service)

    def start(self, service: str) -> None:
        """The container runs again, with the volumes that it had."""
        self.compose("start", service)

    def run_in(self, service: str, *command: str) -> str:
        """What a command in the container says."""
        return self.compose("exec", "-T", service, *command)

    def running(self) -> list[str]:
        """The services whose container runs."""
        return self.compose("ps", "--services", "--status", "running").split()

    def logs(self, *services: str) -> str:
        return self.compose("logs", "--no-color", *services)

    def compose(self, *arguments: str) -> str:
        argv = ["docker", "compose", "-p", self.name, "--project-directory", str(DEPLOY), *self._files, *arguments]
        done = subprocess.run(argv, env=self._environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ComposeFailed(f"{' '.join(arguments)}: {done.stderr.strip()[-2000:]}")
        return done.stdout


def members(project: Project) -> list[dict[str, Any]]:
    """What Patroni says of each PostgreSQL: Member, Role, State; asked of whichever answers."""
    for node in ("postgres-1", "postgres-2"):
        if node in project.running():
            said: list[dict[str, Any]] = json.loads(
                project.run_in(node, "patronictl", "-c", "/etc/patroni.yml", "list", "-f", "json")
            )
            return said
    return []
