"""The demonstration is the main job's own test: it ends with 0 only if every one of its checks held."""

import json

from tests.journeys.conftest import Platform


def test_a_newborn_is_registered_with_three_questions_and_no_visit(platform: Platform) -> None:
    result = platform.onevisit("demo", "--json")
    report = json.loads(result.stdout)
    assert [check["name"] for check in report["checks"] if not check["held"]] == []
    assert result.returncode == 0
    assert (report["summary"]["asked"], report["summary"]["visits"]) == (3, 0)
    assert len(report["certificates"]) == 3


def test_it_can_be_shown_again_on_the_same_data(platform: Platform) -> None:
    assert platform.onevisit("demo").returncode == 0
