"""From YAML files to a parsed catalogue. Every mistake is named with its file and path; none is guessed away."""

import re
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import JsonValue, ValidationError

from licensing.catalogue.model import Catalogue, Finding
from licensing.catalogue.model.definitions import (
    Attribute,
    Department,
    EvidenceKind,
    Item,
    Role,
    SharingRule,
    Thing,
)
from shared.schemas import Strict

Content = Mapping[str, JsonValue]  # file name -> what the file says

DATA = Path(__file__).parent / "data"
LISTS: Mapping[str, Mapping[str, type[Strict]]] = {
    "vocabulary.yaml": {"attributes": Attribute, "roles": Role},
    "departments.yaml": {"departments": Department},
    "evidence-kinds.yaml": {"evidence_kinds": EvidenceKind},
    "sharing-rules.yaml": {"sharing_rules": SharingRule},
}
FOLDERS: Mapping[str, type[Item | Thing]] = {"items": Item, "things": Thing}
Coded = TypeVar("Coded", Attribute, Role, Department, EvidenceKind, Item, Thing)


class _StrictLoader(yaml.SafeLoader):
    """YAML with the booleans of JSON (`no` is a word, not false), no dates, and no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] not in {"bool", "timestamp"}]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def read_files(folder: Path) -> tuple[dict[str, JsonValue], list[Finding]]:
    """The YAML files under a folder, by name relative to it, and those that are not YAML."""
    content: dict[str, JsonValue] = {}
    findings: list[Finding] = []
    for path in sorted(folder.rglob("*.yaml")):
        name = path.relative_to(folder).as_posix()
        try:
            content[name] = yaml.load(path.read_text("utf-8"), _StrictLoader)  # noqa: S506  # a SafeLoader, stricter
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            findings.append(Finding(name, "-", "not-yaml", " ".join(str(error).split())))
    return content, findings


def parse(content: Content) -> tuple[Catalogue, list[Finding]]:
    """The catalogue that the files describe, and all that keeps them from describing one.

    With findings the catalogue is incomplete and good for nothing but reporting.
    """
    reading = _Reading()
    for name in sorted(content):
        reading.read(name, content[name])
    for name in LISTS.keys() - content.keys():
        reading.refuse(name, "-", "file-missing", "the catalogue needs this file")
    return reading.catalogue(), sorted(reading.findings)


class _Reading:
    """Definitions and findings gathered file by file."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.definitions: dict[type[Strict], list[Strict]] = {}

    def refuse(self, file: str, item: str, code: str, cause: str) -> None:
        self.findings.append(Finding(file, item, code, cause))

    def read(self, name: str, said: JsonValue) -> None:
        folder, _, file = name.rpartition("/")
        if name in LISTS:
            self._read_lists(name, said)
        elif folder in FOLDERS:
            made = self._define(name, FOLDERS[folder], said, label=Path(file).stem)
            if isinstance(made, Item | Thing) and file != f"{made.code}.yaml":
                self.refuse(name, made.code, "misnamed-file", f"the file of `{made.code}` must be {made.code}.yaml")
        else:
            self.refuse(name, "-", "unknown-file", "the catalogue has no such file")

    def _read_lists(self, name: str, said: JsonValue) -> None:
        lists = LISTS[name]
        if not isinstance(said, dict) or said.keys() != lists.keys():
            self.refuse(name, "-", "malformed", f"must hold exactly: {', '.join(lists)}")
            return
        for key, kind in lists.items():
            entries = said[key]
            if not isinstance(entries, list):
                self.refuse(name, key, "malformed", "must be a list")
                continue
            for index, entry in enumerate(entries):
                code = entry.get("code") if isinstance(entry, dict) else None
                self._define(name, kind, entry, label=code if isinstance(code, str) else f"{key}[{index}]")

    def _define(self, file: str, kind: type[Strict], said: JsonValue, *, label: str) -> Strict | None:
        try:
            made = kind.model_validate(said)
        except ValidationError as error:
            self.findings += _explained(file, label, error)
            return None
        self.definitions.setdefault(kind, []).append(made)
        code = getattr(made, "code", None)
        if code and [getattr(other, "code", None) for other in self.definitions[kind]].count(code) > 1:
            self.refuse(file, code, "code-reused", f"`{code}` is defined twice")
        return made

    def catalogue(self) -> Catalogue:
        rules = [rule for rule in self.definitions.get(SharingRule, []) if isinstance(rule, SharingRule)]
        return Catalogue(
            departments=self._by_code(Department),
            attributes=self._by_code(Attribute),
            roles=self._by_code(Role),
            kinds=self._by_code(EvidenceKind),
            items=self._by_code(Item),
            things=self._by_code(Thing),
            sharing_rules=tuple(rules),
        )

    def _by_code(self, kind: type[Coded]) -> dict[str, Coded]:
        return {made.code: made for made in self.definitions.get(kind, []) if isinstance(made, kind)}


def _explained(file: str, label: str, error: ValidationError) -> Iterator[Finding]:
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        path = ".".join(str(part) for part in problem["loc"])
        text = bool(problem["loc"]) and problem["loc"][-1] in {"zh", "en"}
        code = {"missing": "key-missing", "extra_forbidden": "key-unknown"}.get(problem["type"], "malformed")
        yield Finding(file, label, "text-missing" if text else code, f"{path}: {problem['msg']}")
