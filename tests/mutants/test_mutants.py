"""The short form of `make mutants`: every kind of change to every form, and some hundreds of each."""

import pytest

from tests.mutants.anywhere import ANYWHERE
from tests.mutants.forms import SPECIMENS
from tests.mutants.specimens import shown, tried

# Drawn at random, so that each kind comes many times; a PDF takes longer to change and to make.
NUMBERS = dict.fromkeys(SPECIMENS, 600) | {"pdf": 300, "copy-pdf": 300}


@pytest.mark.parametrize("form", SPECIMENS)
def test_no_change_is_believed(form: str) -> None:
    count = tried(SPECIMENS[form], range(NUMBERS[form]), seed=7)
    assert count.believed == []
    assert count.kinds == {*ANYWHERE, *SPECIMENS[form].twists}


@pytest.mark.parametrize("form", SPECIMENS)
def test_nothing_genuine_is_refused_and_another_verifier_agrees(form: str) -> None:
    count = shown(SPECIMENS[form], range(5 if form.endswith("pdf") else 50), seed=7)
    assert (count.genuine > 0, count.refused) == (True, [])
