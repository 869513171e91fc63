"""The example of an environment is what the settings say, and a deployment that is told so has all that it needs."""

import re
from pathlib import Path

import pytest

from deploy import services
from tests.architecture.environment import EXAMPLE, PREFIX, settings_of

LINE = re.compile(rf"^(#?)({PREFIX}[A-Z0-9_]+)=(.*)$", re.MULTILINE)
SECTIONS = re.split(r"^# --- ([a-z ]+) -+$", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE)
COMMON, OWN = SECTIONS[2], dict(zip(SECTIONS[3::2], SECTIONS[4::2], strict=True))
# What a directory of secrets holds.
PASSWORDS = {f"{PREFIX}{name}_PASSWORD": "p" * 32 for name in ("DATABASE", "NATS", "NATS_SYSTEM")}


def told(service: str) -> dict[str, str]:
    lines = LINE.findall(COMMON + OWN.get(service, ""))
    return {name: value.replace("{service}", service) for hidden, name, value in lines if not hidden}


@pytest.mark.parametrize("service", services.ALL)
def test_a_service_that_is_told_so_starts_and_nothing_about_it_is_unsafe(
    service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {**told(service), **PASSWORDS}.items():
        monkeypatch.setenv(name, value)
    settings = settings_of(service)()
    assert (settings.profile, settings.unsafe()) == ("production", [])


@pytest.mark.parametrize("service", services.ALL)
def test_it_names_every_setting_once(service: str) -> None:
    named = [name for _, name, _ in LINE.findall(COMMON + OWN.get(service, ""))]
    assert sorted(named) == sorted(f"{PREFIX}{name.upper()}" for name in settings_of(service).model_fields)
