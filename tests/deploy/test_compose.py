"""deploy/compose.yaml: nobody may do or see more than they need, and nothing secret is written down."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import services
from deploy.embedded.postgres import SETTINGS
from gateway.routing.model import MIB, ROUTES
from tests.architecture.generate import settings_page

DEPLOY = Path(__file__).parents[2] / "deploy"
STACK: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
BUS: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.bus.yaml").read_text("utf-8"))
CONTAINERS: dict[str, dict[str, Any]] = STACK["services"]
WATCHING = "prometheus"  # of deploy/observability, which it extends
RUNNING = [name for name, each in CONTAINERS.items() if each.get("restart") == "unless-stopped"]
STEPS = [name for name, each in CONTAINERS.items() if each.get("restart") == "no"]


class Tagged(yaml.SafeLoader):
    """Reads what docker compose understands beyond YAML: `!reset` takes a value of an earlier file away."""


Tagged.add_constructor("!reset", lambda *_: None)


def mounts(name: str) -> dict[str, str]:
    """What is mounted where: the volume, by the place in the container."""
    found = {}
    for mount in CONTAINERS[name].get("volumes", []):
        volume, place = re.sub(r"\$\{[^}]*:-([^}]*)\}", r"\1", mount).split(":")[:2]
        found[place] = volume
    return found


def test_every_container_is_a_step_or_runs_on() -> None:
    assert {*RUNNING, *STEPS, WATCHING} == set(CONTAINERS)
    assert {*services.ALL, "edge", "postgres", "nats"} == set(RUNNING)


@pytest.mark.parametrize("name", [*RUNNING, *STEPS])
def test_a_container_may_change_nothing_but_its_volumes_and_gain_no_rights(name: str) -> None:
    container = CONTAINERS[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in container
    assert "cap_add" not in container
    assert container["logging"]["options"] == {"max-size": "10m", "max-file": "5"}


@pytest.mark.parametrize("name", RUNNING)
def test_what_runs_on_is_watched_and_bounded(name: str) -> None:
    container = CONTAINERS[name]
    assert container["healthcheck"]["test"]
    assert container["deploy"]["resources"]["limits"]["memory"]


@pytest.mark.parametrize("name", ["edge", "nats", "postgres"])
def test_what_others_made_does_not_run_as_root(name: str) -> None:
    assert CONTAINERS[name]["user"] in ("10001:10001", "postgres")


def test_our_image_does_not_run_as_root() -> None:
    assert "USER 10001:10001" in (DEPLOY / "Dockerfile").read_text("utf-8")


def test_only_the_edge_is_reached_from_outside_and_the_bus_by_choice() -> None:
    assert [name for name in CONTAINERS if "ports" in CONTAINERS[name]] == ["edge"]
    assert [name for name in BUS["services"] if "ports" in BUS["services"][name]] == ["nats"]
    for name in ("inside", "data"):
        assert STACK["networks"][name] == {"internal": True}


def test_nobody_but_the_step_that_makes_them_sees_all_secrets() -> None:
    assert [name for name in CONTAINERS if "keeper" in mounts(name).values()] == ["secrets"]


@pytest.mark.parametrize("name", [*services.ALL, "provision", "migrate", "postgres", "nats"])
def test_a_container_sees_its_own_secrets_and_no_other(name: str) -> None:
    assert mounts(name)["/run/secrets"] == name
    assert not {*services.ALL, "provision", "migrate", "postgres", "nats", "keeper"} - {name} & set(
        mounts(name).values()
    )


def test_the_edge_keeps_what_almost_every_route_takes_and_passes_on_what_is_longer() -> None:
    said = (DEPLOY / "nginx" / "nginx.conf").read_text("utf-8")
    longer = {route.path for route in ROUTES if route.max_bytes > MIB}
    assert re.findall(r"^    client_max_body_size (\w+);", said, re.MULTILINE) == ["1m"]
    passed_on = re.findall(r"location = (\S+) \{\n +client_max_body_size \w+;\n +proxy_request_buffering off;", said)
    assert set(passed_on) == longer


def test_whoever_fills_what_the_edge_may_write_has_it_not_killed() -> None:
    [(_, written)] = re.findall(r"(/tmp):\S*size=(\d+)m", " ".join(CONTAINERS["edge"]["tmpfs"]))
    memory = CONTAINERS["edge"]["deploy"]["resources"]["limits"]["memory"]
    assert int(memory.removesuffix("M")) >= int(written) + 256


def test_secrets_may_be_read_and_not_changed() -> None:
    for name in RUNNING:
        for mount in CONTAINERS[name].get("volumes", []):
            if not mount.startswith(("postgres-data", "nats-data")):
                assert mount.endswith(":ro"), (name, mount)


@pytest.mark.parametrize("name", services.ALL)
def test_a_service_starts_when_its_tables_are_there(name: str) -> None:
    if name != "gateway":
        assert CONTAINERS[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert mounts(name).get("/run/secrets") != mounts("migrate")["/run/secrets"]


def test_no_password_stands_in_the_file() -> None:
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    assert re.findall(r"://[^@/\s]*:[^@/\s]*@", text) == []
    for container in CONTAINERS.values():
        named = [key for key in container.get("environment", {}) if "PASSWORD" in key]
        assert named in ([], ["POSTGRES_PASSWORD_FILE"])


def test_every_setting_that_it_names_is_one() -> None:
    page = settings_page()
    told = {key for each in CONTAINERS.values() for key in each.get("environment", {}) if key.startswith("ONEVISIT_")}
    migrations = {f"ONEVISIT_MIGRATE_{name.upper()}_URL" for name in services.WITH_DATABASE}
    assert {key for key in told - migrations if f"`{key}`" not in page} == set()


def test_postgres_is_told_what_the_embedded_one_is() -> None:
    lines = (DEPLOY / "postgres" / "postgresql.conf").read_text("utf-8").splitlines()
    told = dict(line.split(" = ", 1) for line in lines if line and not line.startswith("#"))
    # Where it listens, and how much memory it has, are the machine's.
    own = {"listen_addresses", "unix_socket_directories", "shared_buffers", "effective_cache_size"}
    assert {key: value for key, value in told.items() if key not in own} == {
        key: value for key, value in SETTINGS.items() if key not in own
    }


def test_a_backup_changes_nothing_but_its_folder_and_a_restore_nothing_but_keys() -> None:
    changed = {}
    for kind in ("backup", "restore"):
        added = yaml.load((DEPLOY / f"compose.{kind}.yaml").read_text("utf-8"), Loader=Tagged)["services"]  # noqa: S506
        for name, each in added.items():
            mounted = each.get("volumes", [])
            changed[name] = [mount for mount in mounted if isinstance(mount, str) and not mount.endswith(":ro")]
            changed[name] += [
                mount["target"] for mount in mounted if isinstance(mount, dict) and not mount.get("read_only")
            ]
    assert {name: mounts for name, mounts in changed.items() if mounts} == {
        "backup": ["/backups"],
        "restore-keys": ["keeper:/var/lib/onevisit/keeper", "seals:/var/lib/onevisit/seals"],
    }


def test_a_postgres_whose_log_is_kept_is_configured_as_without() -> None:
    kept = yaml.safe_load((DEPLOY / "compose.archive.yaml").read_text("utf-8"))["services"]["postgres"]["command"]
    told = dict(each.removeprefix("-c").split("=", 1) for each in kept[1:])
    assert f"config_file={told.pop('config_file')}" == CONTAINERS["postgres"]["command"][2]
    assert (told["archive_mode"], told["recovery_target_action"]) == ("on", "promote")
    assert told["recovery_target_time"] == "${ONEVISIT_PUT_BACK_TO:-}"


def test_every_variable_of_the_stack_is_explained() -> None:
    page = (DEPLOY.parent / "docs" / "operations.md").read_text("utf-8")
    named = {
        name
        for path in DEPLOY.glob("compose*.yaml")
        for name in re.findall(r"\$\{(ONEVISIT_[A-Z_]+)", path.read_text("utf-8"))
    }
    assert {name for name in named if f"`{name}`" not in page} == set()
    explained = set(re.findall(r"`(ONEVISIT_[A-Z_]+)`", page.partition("## Settings of the stack")[2]))
    assert explained == named
