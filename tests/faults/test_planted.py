"""The list of planted mistakes keeps up with the source. That each is caught, `make faults-planted` shows."""

import shutil
from pathlib import Path

import pytest

from tests.faults.planted import ALL, Planted
from tests.faults.planting import ROOT, plant


@pytest.mark.parametrize("planted", ALL, ids=lambda planted: planted.name)
def test_a_mistake_can_still_be_planted(planted: Planted, tmp_path: Path) -> None:
    for edit in planted.edits:
        (tmp_path / edit.file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / edit.file, tmp_path / edit.file)
    before = plant(tmp_path, planted)
    for path, source in before.items():
        assert path.read_text("utf-8") != source
        compile(path.read_text("utf-8"), path.name, "exec")


@pytest.mark.parametrize("planted", ALL, ids=lambda planted: planted.name)
def test_what_must_catch_it_is_there(planted: Planted) -> None:
    for test in planted.caught_by:
        file, *_, name = test.split("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / file).read_text("utf-8")
