"""The judgement that publication and `onevisit catalogue lint` share: what keeps files from being published."""

from pathlib import Path

from licensing.catalogue.load import DATA, Content, parse, read_files
from licensing.catalogue.model import Catalogue, Finding
from licensing.catalogue.rules import lint


def judge(content: Content) -> tuple[Catalogue, list[Finding]]:
    """The catalogue that the content describes, and why it may not be published; no findings, no objection."""
    catalogue, findings = parse(content)
    return catalogue, findings or lint(catalogue)


def lint_folder(folder: Path | None = None) -> list[Finding]:
    """The findings about a folder of YAML files; the catalogue that ships with licensing if none is named."""
    content, unreadable = read_files(folder or DATA)
    return unreadable or judge(content)[1]
