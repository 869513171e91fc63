"""What was published, kept for ever: per event type a sample and its schema; a schema more whenever fields were added.

`make freeze` writes down what is new, and a line with its digest in `published.sha256`; it never changes what is there.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from shared.contracts.event_types import event_types
from tests.contracts.compatibility import breaks, changed

HERE = Path(__file__).parent
MANIFEST = HERE / "published.sha256"
SAMPLES = HERE / "golden"
SCHEMAS = HERE / "schemas"


def sample_of(name: str) -> dict[str, Any]:
    """An event's data, as its first release wrote it."""
    sample: dict[str, Any] = orjson.loads((SAMPLES / f"{name}.json").read_bytes())
    return sample


def schemas_of(name: str) -> list[dict[str, Any]]:
    """The schemas published of a type, oldest first."""
    numbered = sorted(SCHEMAS.glob(f"{name}-*.json"), key=lambda path: int(path.stem.rpartition("-")[2]))
    return [orjson.loads(path.read_bytes()) for path in numbered]


def files() -> list[Path]:
    """Every file that is kept."""
    return sorted([*SAMPLES.glob("*.json"), *SCHEMAS.glob("*.json")])


def line_of(path: Path) -> str:
    """What the manifest says of a file, as sha256sum writes it."""
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(HERE)}"


def lines() -> list[str]:
    """What the manifest says."""
    return MANIFEST.read_text("utf-8").splitlines() if MANIFEST.exists() else []


def missing() -> Iterator[tuple[Path, bytes]]:
    """Schemas to be published: of new types, and of types with new fields. Refuses what would break readers."""
    for name, each in event_types().items():
        schema, before = each.schema(), schemas_of(name)
        if broken := [reason for old in before for reason in breaks(old, schema)]:
            raise SystemExit(f"{name} changed otherwise than by adding; make a new version: {'; '.join(broken)}")
        if not before or changed(before[-1], schema):
            text = orjson.dumps(schema, option=orjson.OPT_INDENT_2) + b"\n"
            yield SCHEMAS / f"{name}-{len(before) + 1}.json", text


def freeze() -> None:
    """Everything that is new is written down; nothing that was is changed."""
    SCHEMAS.mkdir(exist_ok=True)
    for path, text in [*missing()]:
        path.write_bytes(text)
    known = {line.split("  ", 1)[1]: line for line in lines()}
    new = {str(path.relative_to(HERE)): line_of(path) for path in files()}
    kept = new | known
    MANIFEST.write_text("".join(f"{kept[name]}\n" for name in sorted(kept)), "utf-8")


if __name__ == "__main__":
    freeze()
