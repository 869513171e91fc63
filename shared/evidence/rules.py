"""May this be read: verdicts over a grant and the sharing rules. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Final
from uuid import UUID

from shared.contracts.evidence import Evidence, Grant, Purpose, Want
from shared.contracts.sharing import SharingRules
from shared.evidence.errors import RefusalReason
from shared.jose import LEEWAY_SECONDS
from shared.regions import covers

# Who may sign for which purpose: licensing for what an applicant started, identity for a department's standing duty.
SIGNERS: Final[Mapping[Purpose, str]] = {"draft": "licensing", "case": "licensing", "duty": "identity"}
WILDCARDS: Final = ("*", ">")


class SharingTable:
    """The sharing rules of one catalogue release, ready to be asked."""

    def __init__(self, published: SharingRules) -> None:
        self.published = published
        self.release = published.release
        self.kinds = {kind.code: kind.type for kind in published.kinds}
        self._issuers = {kind.code: kind.issuer for kind in published.kinds}
        self._rules: dict[tuple[str, str, str], list[tuple[frozenset[str], tuple[str, ...]]]] = defaultdict(list)
        for rule in published.rules:
            self._rules[rule.reader, rule.item, rule.kind].append((frozenset(rule.attributes), rule.regions))

    def allowed_attributes(self, grant: Grant, *, kind: str, region: str) -> frozenset[str] | None:
        """What the reader may see of this kind about a party in this region: the union over the grant's items.

        None where no rule reaches the region; the empty set where a rule tells only that the evidence exists.
        """
        reaching = [
            attributes
            for item in grant.items
            for attributes, regions in self._rules.get((grant.sub, item, kind), ())
            if any(covers(scope, region) for scope in regions)
        ]
        return frozenset[str]().union(*reaching) if reaching else None

    def entitles(self, grant: Grant, *, kind: str) -> bool:
        """Whether any rule, in whatever region, lets the reader see this kind for one of the grant's items."""
        return any((grant.sub, item, kind) in self._rules for item in grant.items)

    def may_follow(self, department: str, topics: str, *, entity: str) -> bool:
        """Whether the department may have every event of this entity (certificate, record) that the filter matches.

        It may where it issues the kind, and where a rule lets it read the kind of everybody in the filter's region.
        """
        # What a filter leaves out after `>` is open too.
        space, of_entity, _, kind, *region = [*topics.split("."), ">", ">", ">"]
        if space != "evt" or of_entity not in (entity, *WILDCARDS):
            return True  # None of ours: whose they are, or whose space it is, decides that elsewhere.
        if self._issuers.get(kind) == department:
            return True
        scope = scope_of(region)
        return scope is not None and any(
            covers(allowed, scope)
            for (reader, _, of_kind), rules in self._rules.items()
            if (reader, of_kind) == (department, kind)
            for _, regions in rules
            for allowed in regions
        )


def scope_of(tokens: Sequence[str]) -> str | None:
    """The smallest region (six digits) that holds all that these tokens of a topic filter match; None for anywhere."""
    named = list(takewhile(lambda token: token not in WILDCARDS, tokens))
    return "".join(named).ljust(6, "0") if named else None


def refusal(grant: Grant, *, reader: str | None, wants: Iterable[Want], at: datetime) -> RefusalReason | None:
    """Why this reader may not use this grant for these wants now; None if they may.

    Refuses a signer that has no say in the purpose, another reader, another time, another party, another kind.
    """
    if SIGNERS[grant.purpose] != grant.iss:
        return "not-genuine"
    now = at.timestamp()
    if now > grant.exp + LEEWAY_SECONDS or now < grant.iat - LEEWAY_SECONDS:
        return "expired"
    if reader is None or grant.sub != reader:
        return "another-reader"
    wanted = list(wants)
    if any(want.party not in grant.parties for want in wanted):
        return "party-outside-grant"
    if any(kind not in grant.kinds for want in wanted for kind in want.kinds):
        return "kind-outside-grant"
    return None


def minimised(evidence: Evidence, allowed: frozenset[str]) -> Evidence:
    """The evidence with nothing but the allowed attributes."""
    claims = {name: value for name, value in evidence.claims.items() if name in allowed}
    return evidence.model_copy(update={"claims": claims})


def pairs(wants: Iterable[Want], *, kinds: frozenset[str]) -> tuple[list[UUID], list[str]]:
    """The wants as arrays of parties and kinds, side by side, without repeats, of these kinds alone: for one query."""
    wanted = dict.fromkeys((want.party, kind) for want in wants for kind in want.kinds if kind in kinds)
    return [party for party, _ in wanted], [kind for _, kind in wanted]
