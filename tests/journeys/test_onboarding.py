"""A city takes in a department: registered by the command line, at work with its own key, changed, and gone again."""

import json
import shutil
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from licensing.catalogue.load import DATA
from shared.auth.service_tokens import ASSERTION_TYPE, client_assertion
from shared.clock import now
from shared.jose import SigningKey
from tests.journeys.conftest import Platform
from tests.licensing.calendar.notices import MAKEUP, SOURCE, STRETCHES

NAMES = ("--name-zh", "民政部门", "--name-en", "Bureau of Records")
FELT_WITHIN_SECONDS = 60


class City:
    """The platform, as its administrator and as the department that is taken in."""

    def __init__(self, platform: Platform, directory: Path) -> None:
        self.platform = platform
        self.directory = directory

    def admin(self, *arguments: str) -> Any:
        """What the command answers, as JSON."""
        done = self.platform.onevisit("admin", *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refused(self, *arguments: str) -> str:
        """The one line of a refusal."""
        done = self.platform.onevisit("admin", *arguments)
        assert done.returncode == 1
        [line] = done.stderr.splitlines()
        return line

    def new_key(self, name: str) -> Path:
        """A pair that the client made for itself; the public half is to be sent."""
        file = self.directory / f"{name}.pem"
        self.admin("client", "make-key", str(file))
        return file

    def ask(self, key: Path, officer: str) -> httpx2.Response:
        """What the token endpoint answers to the department."""
        client = "registry-office"
        assertion = client_assertion(SigningKey.load(key), client_id=client, audience=self.platform.url, at=now())
        form = {"grant_type": "client_credentials", "officer": officer}
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return httpx2.post(f"{self.platform.url}/oauth/token", data=form | proof, trust_env=False)

    def worklist(self, token: str) -> int:
        headers = {"authorization": f"Bearer {token}"}
        return httpx2.get(f"{self.platform.url}/v1/cases", headers=headers, trust_env=False).status_code

    def until_refused(self, token: str) -> float:
        """How many seconds a token is still good for."""
        started = time.monotonic()
        while self.worklist(token) == 200:
            assert time.monotonic() - started < FELT_WITHIN_SECONDS
            time.sleep(0.5)
        assert self.worklist(token) == 401
        return time.monotonic() - started


@pytest.fixture
def city(platform: Platform, tmp_path: Path) -> City:
    return City(platform, tmp_path)


def test_a_department_is_taken_in_and_goes_again(city: City) -> None:
    old, new = city.new_key("old"), city.new_key("new")
    kid = SigningKey.load(old).kid
    department = ("registry-office", *NAMES, "--uscc", "11330000MB9X001701", "--region", "330000")
    city.admin("department", "add", *department)
    assert city.admin("department", "add", *department)["code"] == "registry-office"
    officer = city.admin("officer", "add", "--department", "registry-office", *NAMES)["id"]
    says = ("registry-office", "--kind", "department", "--department", "registry-office", "--scope", "cases")
    city.admin("client", "add", *says, "--public-key", f"{old}.pub")

    token = city.ask(old, officer).json()["access_token"]
    assert city.worklist(token) == 200

    assert len(city.admin("client", "rotate", "registry-office", "--public-key", f"{new}.pub")["keys"]) == 2
    assert city.ask(new, officer).status_code == 200
    city.admin("client", "rotate", "registry-office", "--remove", kid)
    assert city.ask(old, officer).status_code == 401

    assert "last-client-key" in city.refused(
        "client", "rotate", "registry-office", "--remove", SigningKey.load(new).kid
    )
    city.admin("officer", "suspend", officer)
    assert city.ask(new, officer).status_code == 400
    assert city.until_refused(token) < FELT_WITHIN_SECONDS
    city.admin("officer", "reinstate", officer)

    assert city.admin("department", "retire", "registry-office")["clients_revoked"] == 1
    assert city.ask(new, officer).status_code == 401
    acts = [act["act"] for act in city.admin("acts", "--limit", "9") if act["by"] == "ops:ops"]
    assert acts[::-1] == [
        "department.registered",
        "officer.registered",
        "client.registered",
        "client.key-added",
        "client.key-added",
        "client.key-removed",
        "officer.suspended",
        "officer.reinstated",
        "department.retired",
    ]


def test_refusals_are_one_clear_line(city: City) -> None:
    wrong = ("nowhere", *NAMES, "--uscc", "11330000MB9X001702", "--region", "330000")
    assert "identity-number-not-valid" in city.refused("department", "add", *wrong)
    assert "administered-already" in city.refused("init", "--new-key", str(city.directory / "first.pem"))
    assert not (city.directory / "first.pem").exists()
    private = city.new_key("private")
    line = city.refused(
        "client", "add", "app-two", "--kind", "app", "--scope", "identify", "--public-key", str(private)
    )
    assert "holds a private key" in line
    assert "is there already" in city.refused("client", "make-key", str(private))
    stranger = city.platform.onevisit(
        "admin", "--url", city.platform.url, "--client", "ops", "--key", str(private), "department", "list"
    )
    assert (stranger.returncode, "invalid_client" in stranger.stderr) == (1, True)


def test_days_regions_and_the_catalogue_are_set_up_from_files(city: City) -> None:
    notice = city.directory / "2027.yaml"
    stretches = "\n".join(
        f"  - {{name: {name}, from: {first}, to: {date.fromisoformat(first) + timedelta(days=length - 1)}}}"
        for first, length, name in STRETCHES
    )
    text = f"year: 2027\nsource_doc: {SOURCE}\nholidays:\n{stretches}\nmakeup_workdays: [{', '.join(MAKEUP)}]\n"
    notice.write_text(text.replace("from: 2027-05-01", "from: 2027-05-02"), encoding="utf-8")
    assert "2027-05-01 statutory-holiday-missing" in city.refused("calendar", "load", str(notice))
    notice.write_text(text, encoding="utf-8")
    assert city.admin("calendar", "load", str(notice))["workdays"] == 247
    assert [year["year"] for year in city.admin("calendar", "list")][-1] == 2027

    regions = city.directory / "regions.csv"
    regions.write_text("code,name_zh\n330000,浙江省\n330782,义乌市\n", encoding="utf-8")
    assert "330782 city-missing" in city.refused("region", "load", str(regions))
    regions.write_text("code,name_zh\n330000,浙江省\n330700,金华市\n330782,义乌市\n", encoding="utf-8")
    assert city.admin("region", "load", str(regions))["loaded"] == 3
    assert [each["code"] for each in city.admin("region", "list", "--within", "330700")] == ["330700", "330782"]


def test_a_catalogue_is_checked_published_and_taken_back(city: City) -> None:
    folder = city.directory / "catalogue"
    shutil.copytree(DATA, folder)
    thing = folder / "things" / "newborn.yaml"
    thing.write_text(thing.read_text("utf-8").replace("A child is born", "A child was born"), "utf-8")
    departments = folder / "departments.yaml"
    more = "  - {code: registry, name: {zh: 档案局, en: Registry}, uscc: 11330000MB9X001701, region: '330000'}\n"
    departments.write_text(departments.read_text("utf-8") + more, "utf-8")

    current = city.admin("catalogue", "list")[0]["number"]
    judged = city.admin("catalogue", "check", str(folder))
    assert judged["changes"] == [{"thing": "newborn", "change": "changed"}]
    assert judged["departments_not_registered"] == ["registry"]
    assert city.admin("catalogue", "publish", str(folder))["number"] == current + 1
    assert city.admin("catalogue", "rollback", str(current))["number"] == current + 2
    assert [each["restores"] for each in city.admin("catalogue", "list")][:2] == [current, None]
    assert "release-not-found" in city.refused("catalogue", "rollback", "99999")
    acts = [act["act"] for act in city.admin("acts", "--limit", "2")]
    assert acts == ["catalogue.restored", "catalogue.published"]
