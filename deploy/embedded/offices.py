"""The departments that the catalogue names, before any service runs."""

from pathlib import Path
from typing import Any

import yaml

CATALOGUE = Path(__file__).parents[2] / "licensing" / "catalogue" / "data" / "departments.yaml"


def departments() -> list[dict[str, Any]]:
    """Each department as the catalogue writes it: code, names, number, region."""
    found: list[dict[str, Any]] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))["departments"]
    return found
