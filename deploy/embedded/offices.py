"""The departments that the catalogue names, before any service runs, and those that were let in since."""

from pathlib import Path
from typing import Any

import yaml

from deploy.embedded.home import Home

CATALOGUE = Path(__file__).parents[2] / "licensing" / "catalogue" / "data" / "departments.yaml"


def departments() -> list[dict[str, Any]]:
    """Each department as the catalogue writes it: code, names, number, region."""
    found: list[dict[str, Any]] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))["departments"]
    return found


def in_office(home: Home) -> list[dict[str, Any]]:
    """The departments that the catalogue names and those that were let in since, as they were last described; without
    those that are retired.
    """
    known = {each["code"]: each for each in [*departments(), *home.admitted()]}
    return [each for each in known.values() if not each.get("retired_at")]
