"""`make faults-planted`: each mistake is planted into a copy of the tree, alone, and its tests must go red there."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from tests.faults.planted import ALL, Planted

ROOT = Path(__file__).parents[2]
SECONDS = 240
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", ".onevisit*", "__pycache__", ".*_cache", "node_modules", "build")


def main(
    only: Annotated[str, typer.Option(help="Only mistakes whose name holds this.")] = "",
) -> None:
    """One line per mistake: caught, and by which test, or MISSED."""
    chosen = [planted for planted in ALL if only in planted.name]
    missed = 0
    with tempfile.TemporaryDirectory(prefix="onevisit-planted-") as directory:
        copy = Path(directory) / "onevisit"
        shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
        say(*_unplanted(copy, chosen))
        for planted in chosen:
            begun = time.monotonic()
            caught, words = _try(copy, planted)
            missed += not caught
            say(f"{'caught' if caught else 'MISSED'}  {planted.name}: {words} ({time.monotonic() - begun:.0f} s)")
    say(f"{len(chosen) - missed} of {len(chosen)} caught")
    raise typer.Exit(1 if missed else 0)


def plant(root: Path, planted: Planted) -> dict[Path, str]:
    """The mistake is made in this tree; answers what the files held. `ValueError` where a text is not there once."""
    before: dict[Path, str] = {}
    for edit in planted.edits:
        path = root / edit.file
        source = path.read_text("utf-8")
        if source.count(edit.old) != 1:
            raise ValueError(f"{planted.name}: found {source.count(edit.old)} times in {edit.file}: {edit.old!r}")
        before.setdefault(path, source)
        path.write_text(source.replace(edit.old, edit.new), "utf-8")
    return before


def _unplanted(copy: Path, chosen: list[Planted]) -> list[str]:
    """Without a mistake everything passes; else nothing would be shown."""
    tests = sorted({test for planted in chosen for test in (*planted.caught_by, planted.still) if test is not None})
    failed, output = _failures(copy, tests)
    if failed or output is not None:
        say(output or "", f"without any mistake these fail: {failed}")
        raise typer.Exit(2)
    return [f"without a mistake all {len(tests)} tests pass"]


def _try(copy: Path, planted: Planted) -> tuple[bool, str]:
    before = plant(copy, planted)
    try:
        failed, output = _failures(copy, [*planted.caught_by, *([planted.still] if planted.still else [])])
    finally:
        for path, source in before.items():
            path.write_text(source, "utf-8")
    if output is not None:
        return False, f"the tests did not run: {output[-300:]}"
    if planted.still in failed:
        return False, "nothing works any more, which shows nothing"
    # A test with parameters fails under a name that says with which.
    caught_by = [
        test.partition("::")[2]
        for test in planted.caught_by
        if any(name == test or name.startswith(f"{test}[") for name in failed)
    ]
    return bool(caught_by), ", ".join(caught_by) or "every test passed"


def _failures(copy: Path, tests: list[str]) -> tuple[set[str], str | None]:
    """Which of these failed; and what pytest said where it could not even run them."""
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "--tb=no", *tests]
    try:
        ended = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        # A test that never ends is no green one; but which it was is not known.
        return set(), f"not done after {SECONDS} s"
    if ended.returncode not in (0, 1):
        return set(), ended.stdout + ended.stderr
    return set(re.findall(r"^(?:FAILED|ERROR) (\S+)", ended.stdout, re.MULTILINE)), None


def say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    typer.run(main)
