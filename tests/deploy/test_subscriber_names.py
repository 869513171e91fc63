"""What `onevisit events` keeps under a subscriber's name: files of that subscriber, in their place, and no others."""

from pathlib import Path

import pytest

from deploy.cli.events.subscribers import Kept, Subscribers, name_for
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home

NAMES = ["../lock", "../../outside", "/outside", "*", "bir*", "births?x", "b[a-z]rths", "", ".", "Births", "a" * 49]


@pytest.fixture
def subscribers(tmp_path: Path) -> Subscribers:
    home = Home(tmp_path / "home")
    home.prepare()
    kept = Subscribers(home)
    with kept.held("births"):
        kept.remember(Kept("births", "tax", ["evt.>"], [], 7))
        kept.inbox("births").touch()
    return kept


def everything(directory: Path) -> list[Path]:
    return sorted(directory.rglob("*"))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_reaches_no_other_file(subscribers: Subscribers, tmp_path: Path, name: str) -> None:
    before = everything(tmp_path)
    with pytest.raises(LaunchError, match="is no name of a subscription"), subscribers.held(name):
        pass
    with pytest.raises(LaunchError, match="is no name of a subscription"):
        subscribers.remember(Kept(name, "tax", ["evt.>"], [], 7))
    with pytest.raises(LaunchError, match="is no name of a subscription"):
        subscribers.forget(name)
    assert everything(tmp_path) == before


def test_what_is_forgotten_is_that_subscriber_alone(subscribers: Subscribers, tmp_path: Path) -> None:
    with subscribers.held("births-too"):
        subscribers.remember(Kept("births-too", "tax", ["evt.>"], [], 7))
    subscribers.forget("births")
    assert {path.stem for path in (tmp_path / "home" / "subscribers").iterdir()} == {"births-too"}


def test_the_name_that_is_made_is_one(subscribers: Subscribers) -> None:
    assert subscribers.inbox(name_for("medical-insurance", ["evt.>"])).name.startswith("medical-insurance-")
