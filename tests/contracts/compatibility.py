"""Whether one schema of an event may follow another: everything that was said still holds, and only more is said.

Old events must stay readable and old readers must be able to read new ones, so a value may mean neither less nor more:
a narrower type refuses what is in the log, a wider one surprises who was promised the narrow one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
# What is said to people only.
WORDS = {"title", "description", "examples", "$schema"}


def breaks(old: Schema, new: Schema) -> list[str]:
    """What of the new schema breaks a promise of the old one; empty where it only adds fields that may be missing."""
    return [*_breaks(_resolved(old, old), _resolved(new, new), at="data")]


def changed(old: Schema, new: Schema) -> bool:
    """Whether they differ in more than words."""
    return bool(_resolved(old, old) != _resolved(new, new))


def _breaks(old: Any, new: Any, *, at: str) -> Iterator[str]:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield f"{at}: {old} became {new}"
        return
    for word in sorted({*old, *new} - {"properties", "required"}):
        if word not in old or word not in new:
            yield f"{at}: {word} {'appeared' if word in new else 'is gone'}"
        elif isinstance(old[word], list) and isinstance(new[word], list) and len(old[word]) == len(new[word]):
            for index, (before, after) in enumerate(zip(old[word], new[word], strict=True)):
                yield from _breaks(before, after, at=f"{at}.{word}[{index}]")
        else:
            yield from _breaks(old[word], new[word], at=f"{at}.{word}")
    yield from _broken_fields(old, new, at=at)


def _broken_fields(old: Schema, new: Schema, *, at: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
    for name, schema in before.items():
        if name not in after:
            yield f"{at}.{name}: is gone"
            continue
        if (name in needed_before) != (name in needed_after):
            yield f"{at}.{name}: {'may be missing now' if name in needed_before else 'became required'}"
        yield from _breaks(schema, after[name], at=f"{at}.{name}")
    for name in after.keys() - before.keys():
        if name in needed_after:
            yield f"{at}.{name}: is new and required"


def _resolved(schema: Any, root: Schema) -> Any:
    """The schema without references and words; our contracts do not refer to themselves."""
    if isinstance(schema, list):
        return [_resolved(each, root) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    if reference := schema.get("$ref"):
        target = root["$defs"][reference.removeprefix("#/$defs/")]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return _resolved({**target, **beside}, root)
    return {
        key: {name: _resolved(each, root) for name, each in value.items()}
        if key == "properties"
        # Which comes first is nobody's business.
        else (sorted(value) if key == "required" else _resolved(value, root))
        for key, value in schema.items()
        if key not in WORDS and key != "$defs"
    }
