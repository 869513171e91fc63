"""`onevisit admin` before it reaches the platform: files that say what they should, keys, and where there is none."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.cli.admin.content import notice_in, regions_in
from deploy.cli.admin.options import public_jwk
from deploy.embedded.errors import LaunchError
from identity.federation.providers import load_providers
from licensing.calendar.rules import contradictions, missing_festivals
from shared.jose import SigningKey

ROOT = Path(__file__).parents[2]
NOTICE = """
year: 2026
source_doc: 国办发明电〔2025〕7号
holidays:
  - {name: 元旦, from: 2026-01-01, to: 2026-01-03}
  - {name: 清明节, from: 2026-04-04, to: 2026-04-04}
makeup_workdays: [2026-01-04]
"""


def written(directory: Path, text: str) -> Path:
    file = directory / "file"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_notice_is_read_stretch_by_stretch(tmp_path: Path) -> None:
    year, says = notice_in(written(tmp_path, NOTICE))
    assert (year, says["source_doc"]) == (2026, "国办发明电〔2025〕7号")
    assert [day["date"] for day in says["holidays"]] == ["2026-01-01", "2026-01-02", "2026-01-03", "2026-04-04"]
    assert says["makeup_workdays"] == [{"date": "2026-01-04", "name": "调休上班"}]


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("to: 2026-01-03", "to: 2025-12-31", "元旦 cannot last"),
        ("to: 2026-01-03", "to: 2026-03-03", "元旦 cannot last"),
        ("to: 2026-01-03", "until: 2026-01-03", "a holiday is written"),
        ("to: 2026-01-03", "to: 2026-01-32", "元旦: 2026-01-32 is no date"),
        ("[2026-01-04]", "[4 January]", "makeup_workdays: 4 January is no date"),
        ("[2026-01-04]", "2026-01-04", "makeup_workdays must be a list"),
        ("year: 2026", "jahr: 2026", "must hold exactly"),
        ("year: 2026", "year: [", "is not YAML"),
    ],
)
def test_a_notice_that_is_written_otherwise_is_told_where(tmp_path: Path, was: str, becomes: str, told: str) -> None:
    with pytest.raises(LaunchError, match=told):
        notice_in(written(tmp_path, NOTICE.replace(was, becomes)))


def shown(first_word: str) -> str:
    """The example of the page on setting up a city that begins so."""
    blocks: list[str] = re.findall(
        r"```yaml\n(.*?)```", (ROOT / "docs" / "onboarding.md").read_text("utf-8"), re.DOTALL
    )
    return next(block for block in blocks if block.startswith(first_word))


def test_the_notice_that_the_page_shows_is_one_that_is_accepted(tmp_path: Path) -> None:
    year, says = notice_in(written(tmp_path, shown("year")))
    holidays = [date.fromisoformat(day["date"]) for day in says["holidays"]]
    makeup = [date.fromisoformat(day["date"]) for day in says["makeup_workdays"]]
    assert contradictions(year, holidays=holidays, makeup_workdays=makeup) == []
    assert missing_festivals(day["name"] for day in says["holidays"]) == []


def test_the_providers_that_the_page_shows_are_ones_that_identity_starts_with(tmp_path: Path) -> None:
    authority = tmp_path / "city-ca.pem"
    authority.touch()
    text = shown("- issuer").replace("/run/secrets/city-ca.pem", str(authority))
    people, officers = load_providers(written(tmp_path, text), embedded=False)
    assert (people.signs_in, officers.signs_in) == ("people", "officers")


def test_a_list_of_regions_is_a_csv_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    text = "\ufeffcode,name_zh,name_en,abolished_on\n330000,浙江省,Zhejiang,\n330182,建德市,,2030-01-01\n"
    assert list(regions_in(written(tmp_path, text))) == [
        {"code": "330000", "name": {"zh": "浙江省", "en": "Zhejiang"}},
        {"code": "330182", "name": {"zh": "建德市"}, "abolished_on": "2030-01-01"},
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("330000,浙江省\n", "must begin with its columns"),
        ("code,name_zh,parent\n330000,浙江省,000000\n", "must begin with its columns"),
        ("code,name_zh\n330000\n", "line 2 has another number of columns"),
        ("code,name_zh\n330000,浙江省,x\n", "line 2 has another number of columns"),
        ('code,name_zh\n330000,"浙江省\n', "is not a CSV"),
        ("", "must begin with its columns"),
    ],
)
def test_a_list_of_regions_that_is_written_otherwise_is_told_where(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(LaunchError, match=told):
        list(regions_in(written(tmp_path, text)))


def test_a_pair_is_made_once_and_its_public_half_is_read_as_jwk_or_pem(tmp_path: Path) -> None:
    private = tmp_path / "tax.pem"
    made = CliRunner().invoke(app, ["admin", "client", "make-key", str(private), "--json"])
    jwk = json.loads(made.stdout)
    assert jwk == SigningKey.load(private).public_jwk() == public_jwk(private.with_name("tax.pem.pub"))
    pem = written(tmp_path, SigningKey.load(private).key.as_pem(private=False).decode())
    assert public_jwk(pem)["x"] == jwk["x"]
    before = private.read_bytes()
    again = CliRunner().invoke(app, ["admin", "client", "make-key", str(private)])
    assert isinstance(again.exception, LaunchError)
    assert private.read_bytes() == before
    assert private.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["no key", "{}x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_public_key_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(LaunchError, match="neither a JWK nor a public key"):
        public_jwk(written(tmp_path, text))


def test_a_private_key_stays_where_it_is(tmp_path: Path) -> None:
    key = SigningKey.generate()
    for text in (key.pem().decode(), json.dumps(key.key.as_dict(private=True))):
        with pytest.raises(LaunchError, match="holds a private key"):
            public_jwk(written(tmp_path, text))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--url", "https://nobody.test"], "name the administrator's private key"),
        (["--url", "https://nobody.test", "--key", "missing.pem"], "cannot be read"),
        ([], "No platform runs"),
    ],
)
def test_without_a_platform_or_a_key_it_says_what_to_do(tmp_path: Path, options: list[str], told: str) -> None:
    asked = ["admin", *options, "department", "list", "--data-dir", str(tmp_path)]
    refused = CliRunner().invoke(app, asked, env={"ONEVISIT_ADMIN_KEY_FILE": "", "ONEVISIT_URL": ""})
    assert isinstance(refused.exception, LaunchError)
    assert told in str(refused.exception)


@pytest.mark.parametrize(
    "command",
    [
        ["department", "add"],
        ["department", "list"],
        ["department", "retire"],
        ["duty", "set"],
        ["duty", "list"],
        ["duty", "end"],
        ["officer", "add"],
        ["officer", "list"],
        ["officer", "suspend"],
        ["officer", "reinstate"],
        ["officer", "link"],
        ["officer", "unlink"],
        ["client", "add"],
        ["client", "list"],
        ["client", "rotate"],
        ["client", "revoke"],
        ["client", "make-key"],
        ["region", "load"],
        ["region", "list"],
        ["calendar", "load"],
        ["calendar", "list"],
        ["catalogue", "lint"],
        ["catalogue", "check"],
        ["catalogue", "publish"],
        ["catalogue", "rollback"],
        ["catalogue", "list"],
        ["acts"],
        ["init"],
    ],
    ids=" ".join,
)
def test_every_command_explains_itself_and_answers_programs(command: list[str]) -> None:
    page = CliRunner().invoke(app, ["admin", *command, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert page.exit_code == 0
    assert "--json" in page.stdout
    assert "--data-dir" in page.stdout
