"""The judgement that publication and `onevisit catalogue lint` share: what keeps files from being published."""

from collections.abc import Iterator
from pathlib import Path

from licensing.catalogue.load import DATA, Content, parse, read_files
from licensing.catalogue.model import Catalogue, Finding
from licensing.catalogue.rules import lint
from shared.canonical import canonical_json


def judge(content: Content) -> tuple[Catalogue, list[Finding]]:
    """The catalogue that the content describes, and why it may not be published; no findings, no objection."""
    catalogue, findings = parse(content)
    return catalogue, findings or [*_not_storable(content)] or lint(catalogue)


def _not_storable(content: Content) -> Iterator[Finding]:
    """A release is kept as canonical JSON: what that cannot say would be another catalogue when it is read again."""
    for name, said in content.items():
        try:
            has_nul = rb"\u0000" in canonical_json(said)
        except ValueError as error:
            yield Finding(name, "-", "not-storable", str(error))
        else:
            if has_nul:
                yield Finding(name, "-", "not-storable", "a text holds the character U+0000")


def lint_folder(folder: Path | None = None) -> list[Finding]:
    """The findings about a folder of YAML files; the catalogue that ships with licensing if none is named."""
    content, unreadable = read_files(folder or DATA)
    return unreadable or judge(content)[1]
