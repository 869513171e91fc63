"""The data directory: one platform at a time, secrets made once and readable by nobody else."""

from pathlib import Path

import pytest

from deploy.embedded import seed
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home, State

STATE = State(
    supervisor=1, gateway="http://127.0.0.1:1", services={}, postgres_port=1, nats_port=2, monitoring_port=3, ready=True
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "data dir")
    home.prepare()
    return home


def test_a_second_platform_on_the_same_data_is_refused_and_told_what_to_do(home: Home) -> None:
    with home.held(), pytest.raises(LaunchError, match="onevisit down --data-dir"), Home(home.directory).held():
        pass


def test_the_state_is_seen_only_while_somebody_runs_it(home: Home) -> None:
    with home.held():
        home.publish(STATE)
        assert Home(home.directory).running() == STATE
    assert Home(home.directory).state() is None


def test_a_platform_that_does_not_run_is_said_not_to_run(home: Home) -> None:
    with pytest.raises(LaunchError, match="onevisit up"):
        home.running()


def test_passwords_are_made_once_differ_and_are_closed_to_others(home: Home) -> None:
    first = home.passwords(["a", "b"])
    assert home.passwords(["a", "b", "c"]) | first == home.passwords(["c"])
    assert first["a"] != first["b"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in home.directory.glob("*.json"))


def test_a_file_where_the_directory_should_be_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LaunchError, match="choose another with --data-dir"):
        Home(tmp_path / "file" / "data").prepare()


def test_keys_of_the_demonstration_are_made_once_and_stay_private(home: Home) -> None:
    first = seed.seed(home)
    assert seed.seed(home) == first
    assert '"d":' not in home.bootstrap.read_text()
    files = [home.bootstrap, *home.keys.rglob("clients/*"), *home.keys.rglob("cards/*"), *home.keys.rglob("*.key")]
    assert [path for path in files if path.stat().st_mode & 0o077] == []


def test_every_name_promised_for_tokens_has_credentials(home: Home) -> None:
    document = seed.seed(home)
    promised_people = {"mother", "father", "retiree", "founder"}
    promised_clients = {
        *("hospital", "health-commission", "public-security", "medical-insurance", "human-resources"),
        *("market-supervision", "tax", "app", "clerk", "auditor"),
    }
    assert promised_people <= {person["name"] for person in document["people"]}
    assert promised_clients <= {client["client_id"] for client in document["clients"]}


def test_nobody_of_the_demonstration_can_be_a_living_person(home: Home) -> None:
    assert all(person["id_number"][6:10] < "1900" for person in seed.seed(home)["people"])
