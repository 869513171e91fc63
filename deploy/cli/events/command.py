"""What becomes of an event here: printed, or given to a command."""

import asyncio
import json
import shlex
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TextIO

from deploy.embedded.errors import LaunchError
from onevisit_client import Event

Handler = Callable[[Event], Awaitable[None]]


class CommandFailed(Exception):
    """The command did not take the event."""


def parse_command(text: str) -> list[str]:
    """The words of a command, as a shell would split them; refuses what cannot be started. No shell is involved."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise LaunchError(f"--exec {text!r} cannot be read: {error}") from None
    found = shutil.which(words[0]) if words else None
    if found is None:
        hint = "; for pipes and variables: --exec \"sh -c '...'\"" if any(mark in text for mark in "|;&$<>") else ""
        raise LaunchError(f"--exec: there is no program {(words or [''])[0]!r} to start{hint}")
    # Whatever directory reconcile or redrive are called from later, it is the same program.
    return [str(Path(found).absolute()), *words[1:]]


def handler_of(command: list[str], *, as_json: bool, to: TextIO) -> Handler:
    """What a subscriber does with each event: what it has to say goes to this stream."""
    if not command:
        return lambda event: _print(event, as_json=as_json, to=to)
    return lambda event: _run(command, event, to=to)


def shown(event: Event, *, as_json: bool) -> str:
    """One line: the whole event as JSON, or what a person wants to know of it."""
    if as_json:
        return event.to_json()
    data = json.dumps(event.data, ensure_ascii=False, separators=(", ", ": "))
    return f"{event.time.astimezone():%Y-%m-%d %H:%M:%S}  {event.topic}  #{event.sequence}  {data}"


async def _print(event: Event, *, as_json: bool, to: TextIO) -> None:
    to.write(shown(event, as_json=as_json) + "\n")
    to.flush()


async def _run(command: list[str], event: Event, *, to: TextIO) -> None:
    """The command has read the event and ended with status 0; `CommandFailed` otherwise.

    It has a session of its own: Ctrl-C reaches us alone, and it may finish the event in hand.
    """
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=to, start_new_session=True)
    await process.communicate(event.to_json().encode() + b"\n")
    if process.returncode:
        raise CommandFailed(f"{Path(command[0]).name} ended with status {process.returncode}")
