"""The once-only lint: why a catalogue may not be published. Every refusal names file, item and cause.

References and codes come first: the other rules speak only of catalogues whose references hold.
"""

from collections.abc import Callable, Iterable, Sequence

from licensing.catalogue.model import Catalogue, Finding
from licensing.catalogue.rules import codes, guide, once_only, references, vocabulary

Rule = Callable[[Catalogue], Iterable[Finding]]

STAGES: Sequence[Sequence[Rule]] = (
    references.RULES,
    (*vocabulary.RULES, *codes.RULES, *guide.RULES, *once_only.BEFORE_ORDER),
    once_only.RULES,
)


def lint(catalogue: Catalogue) -> list[Finding]:
    """Every finding of the first stage that has one; empty where the catalogue may be published."""
    for stage in STAGES:
        findings = sorted({finding for rule in stage for finding in rule(catalogue)})
        if findings:
            return findings
    return []
