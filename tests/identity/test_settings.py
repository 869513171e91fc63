"""What identity refuses to start with."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from identity.settings import IdentitySettings
from identity.vault import KeysNotSafe
from tests.support.services import URLS
from tests.support.tokens import ISSUER


def settings(tmp_path: Path, **changes: object) -> IdentitySettings:
    return IdentitySettings.model_validate(
        {
            "issuer": ISSUER,
            **URLS,
            "master_key_file": tmp_path / "master",
            "index_key_file": tmp_path / "index",
            "code_sender_url": "https://messages.test/codes",
            **changes,
        }
    )


@pytest.mark.parametrize("url", [None, "", "http://messages.test/codes", "log"])
def test_codes_reach_people_outside_the_embedded_profile(tmp_path: Path, url: str | None) -> None:
    with pytest.raises(ValidationError, match="ONEVISIT_CODE_SENDER_URL"):
        settings(tmp_path, profile="production", code_sender_url=url)


def test_a_demonstration_writes_codes_into_its_log(tmp_path: Path) -> None:
    assert settings(tmp_path, profile="embedded", code_sender_url=None).code_sender_url is None


def test_key_files_that_are_not_there_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(KeysNotSafe):
        settings(tmp_path).vault()
