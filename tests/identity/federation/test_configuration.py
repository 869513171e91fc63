"""Which providers identity starts with; everything else is one clear line."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from identity.federation.providers import load_providers
from identity.service import IdentityService
from identity.settings import IdentitySettings
from shared.errors import CannotStart

PEOPLE: dict[str, Any] = {
    "issuer": "https://sso.test/realms/people",
    "signs_in": "people",
    "audiences": {"city-app": "app"},
    "algorithms": ["RS256"],
    "acr": {"urn:sso:face": 3},
    "number_claim": "id_card",
}


def loaded(directory: Path, said: object, *, embedded: bool = False) -> None:
    file = directory / "given.yaml"
    file.write_text(said if isinstance(said, str) else yaml.safe_dump(said), encoding="utf-8")
    load_providers(file, embedded=embedded)


def without(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [{name: value for name, value in PEOPLE.items() if name not in names} | more]


def test_without_a_file_there_is_no_provider() -> None:
    assert load_providers(None, embedded=False) == ()


def test_a_provider_is_as_the_file_says(tmp_path: Path) -> None:
    loaded(tmp_path, [PEOPLE, without("number_claim", issuer="https://sso.test/staff", signs_in="officers")[0]])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([], "names no provider"),
        ({}, "is a list of providers"),
        ("- [", "is not YAML"),
        ("text", "is a list of providers"),
        (["text"], "is a list of providers"),
        (without("issuer"), "issuer"),
        (without("audiences"), "audiences"),
        (without("acr"), "acr"),
        (without(acr={"urn:sso:face": 4}), "acr.urn:sso:face"),
        (without(acr={}), "acr"),
        (without(audiences={}), "audiences"),
        (without(algorithms=["none"]), "algorithms"),
        (without(algorithms=["RS256", "HS256"]), "algorithms"),
        (without(algorithms=[]), "algorithms"),
        (without("number_claim"), "number_claim is for people"),
        (without(signs_in="officers"), "number_claim is for people"),
        (without(issuer="https://sso.test/"), "issuer"),
        (without(issuer="https://sso.test?x=1"), "issuer"),
        (without(issuer="http://sso.test"), "must be https"),
        (without(issuer="http://127.0.0.1:8080"), "must be https"),
        (without(keys_seconds=0), "keys_seconds"),
        (without(max_age_seconds=90_000), "max_age_seconds"),
        (without(client_secret="secret"), "client_secret"),
        (without(ca_file="/nowhere/ca.pem"), "ca_file"),
        ([PEOPLE, PEOPLE], "stands twice"),
    ],
)
def test_what_is_not_safe_or_not_known_is_one_clear_line(tmp_path: Path, said: object, told: str) -> None:
    with pytest.raises(CannotStart, match=told) as refused:
        loaded(tmp_path, said)
    assert "\n" not in str(refused.value)


def test_the_demonstration_may_ask_a_provider_on_its_own_machine(tmp_path: Path) -> None:
    loaded(tmp_path, without(issuer="http://127.0.0.1:8080"), embedded=True)
    with pytest.raises(CannotStart, match="must be https"):
        loaded(tmp_path, without(issuer="http://sso.test"), embedded=True)


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="ONEVISIT_OIDC_PROVIDERS_FILE"):
        load_providers(tmp_path / "missing.yaml", embedded=False)


def test_scopes_for_which_officers_sign_in_need_a_provider_of_officers(settings: IdentitySettings) -> None:
    told = {**settings.model_dump(), "oidc_providers_file": None}
    with pytest.raises(CannotStart, match="needs a provider that signs in officers"):
        IdentityService("identity", IdentitySettings.model_validate(told))
