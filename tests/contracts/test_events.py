"""Every event ever released can still be read, and means what it meant: one golden file per type and version.

A golden file is never changed. Where this fails, the contract changed otherwise than by adding: make a new version.
"""

from pathlib import Path
from typing import Any

import orjson
import pytest

from shared.contracts import events
from shared.messaging.envelope import EventContract

GOLDEN = Path(__file__).parent / "golden"
CONTRACTS = {
    contract.type: contract
    for contract in vars(events).values()
    if isinstance(contract, type) and issubclass(contract, EventContract) and "type" in contract.__dict__
}


def test_every_event_has_its_golden_file_and_every_file_its_event() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(CONTRACTS)


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_a_released_event_is_read_and_written_as_it_was(name: str) -> None:
    golden = orjson.loads((GOLDEN / f"{name}.json").read_bytes())
    written = CONTRACTS[name].model_validate(golden).model_dump(mode="json")
    assert as_in(golden, written) == golden


def as_in(golden: Any, written: Any) -> Any:
    """What was written, without what was added since, at any depth."""
    if isinstance(golden, dict):
        return {field: as_in(golden[field], written[field]) for field in golden}
    if isinstance(golden, list) and len(golden) == len(written):
        return [as_in(old, new) for old, new in zip(golden, written, strict=True)]
    return written


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_what_is_new_since_may_be_missing(name: str) -> None:
    """Readers meet events older than themselves: whatever is not in the golden file has a default."""
    golden = orjson.loads((GOLDEN / f"{name}.json").read_bytes())
    added = set(CONTRACTS[name].model_fields) - set(golden)
    assert all(not CONTRACTS[name].model_fields[field].is_required() for field in added)


PERSONAL = {"name", "number", "id_number", "phone", "address", "claims", "value"}


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_events_are_thin(name: str) -> None:
    assert not PERSONAL & set(CONTRACTS[name].model_fields)
