"""What a published guide must say (Z-REG Arts 4, 12; audit rules Q1 to Q14 of DOMAIN 2.6)."""

import re
from collections.abc import Callable, Iterator

from licensing.catalogue.model import Catalogue, Finding, Guide, Thing
from licensing.catalogue.rules.references import file_of
from shared.regions import covers

CATCH_ALL = re.compile(
    r"(其他|其它|有关|相关)(的)?(材料|证明|资料|文件)|\b(other|related|relevant) (materials?|documents?|proofs?)\b",
    re.IGNORECASE,
)
HOTLINES = frozenset({"12345", "12320", "12333", "12366", "12393", "12389", "12315"})
PHONE = re.compile(r"^0[0-9]{2,3}-[0-9]{7,8}$")

GuideRule = tuple[str, str, Callable[[Guide], bool]]

# (code, what is wrong, whether it is)
GUIDE_RULES: tuple[GuideRule, ...] = (
    (
        "promise-over-law",
        "promised_days is more than legal_days: a promise can only shorten the law's limit (Z-REG Art 12)",
        lambda g: g.legal_days is not None and g.promised_days > g.legal_days,
    ),
    (
        "visits-over-one",
        "more than one visit needs an exception of the province's list (Z-REG Art 4)",
        lambda g: g.visits > 1 and g.exception is None,
    ),
    ("visit-without-reason", "a visit needs a visit_reason (Q4)", lambda g: g.visits > 0 and g.visit_reason is None),
    (
        "reason-without-visit",
        "visit_reason is set, but no visit is needed (Q4)",
        lambda g: not g.visits and g.visit_reason is not None,
    ),
    (
        "no-way-in-without-visit",
        "nobody need come, so it must be open online, on mobile or by post (Q5)",
        lambda g: not g.visits and not {"online", "mobile", "post"} & set(g.channels),
    ),
    ("law-missing", "legal_basis is empty", lambda g: not g.legal_basis),
    ("result-missing", "result is empty", lambda g: not g.result),
    ("conditions-missing", "conditions is empty", lambda g: not g.conditions),
    (
        "supervision-is-contact",
        "the phone for complaints is the phone of those complained about (Q8)",
        lambda g: g.contact == g.supervision,
    ),
    (
        "phone-not-valid",
        "contact and supervision need an area code, or are one of the public hotlines (Q8)",
        lambda g: any(phone not in HOTLINES and not PHONE.match(phone) for phone in (g.contact, g.supervision)),
    ),
    (
        "office-hours-vague",
        "office_hours must say 工作日 or 全天 (Q9)",
        lambda g: not re.search("工作日|全天", g.office_hours.zh),
    ),
    (
        "immediate-but-promised",
        "an immediate item promises 0 days, every other at least 1 (Q1)",
        lambda g: (g.case_kind == "immediate") != (g.promised_days == 0),
    ),
    (
        "flow-over-promise",
        "the steps of flow take longer than promised_days (Q13)",
        lambda g: sum(step.days for step in g.flow) > g.promised_days,
    ),
    (
        "licence-flow-short",
        "a licence's flow has at least five steps: 受理, 审核, 审批, 办结, 送达 (Q13)",
        lambda g: g.item_type == "licence" and len(g.flow) < 5,
    ),
)


def guides_say_what_they_must(catalogue: Catalogue) -> Iterator[Finding]:
    """One table, one finding per rule that a guide breaks."""
    for item in catalogue.items.values():
        for code, cause, is_wrong in GUIDE_RULES:
            if is_wrong(item.guide):
                yield Finding(file_of(item), item.code, code, cause)


def materials_are_named(catalogue: Catalogue) -> Iterator[Finding]:
    """No "other materials": what is wanted is spelled out, or not wanted."""
    for kind in catalogue.kinds.values():
        if CATCH_ALL.search(kind.label.zh) or CATCH_ALL.search(kind.label.en):
            yield Finding(
                "evidence-kinds.yaml", kind.code, "catch-all-material", f"`{kind.label.zh}` names no material"
            )
    for item in catalogue.items.values():
        for condition in item.guide.conditions:
            if CATCH_ALL.search(condition.zh) or CATCH_ALL.search(condition.en):
                cause = f"the condition `{condition.zh}` leaves open what is wanted"
                yield Finding(file_of(item), item.code, "catch-all-material", cause)


def things_need_one_visit_at_most(catalogue: Catalogue) -> Iterator[Finding]:
    """The promise is made to the applicant, not per department (Z-REG Art 2)."""
    for thing in catalogue.things.values():
        guides = [catalogue.items[part.item].guide for part in thing.items]
        if sum(guide.visits for guide in guides) > 1 and not any(guide.exception for guide in guides):
            yield Finding(file_of(thing), thing.code, "visits-over-one", "its items together need more than one visit")


def questions_have_defaults_and_decide_something(catalogue: Catalogue) -> Iterator[Finding]:
    """A first draft is made before anything is asked, and nothing is asked that changes nothing."""
    for thing in catalogue.things.values():
        decisive = {question for part in thing.items for question in part.when}
        for question in thing.questions:
            if question.default not in {option.code for option in question.options}:
                cause = f"question `{question.code}` needs a default that is one of its options"
                yield Finding(file_of(thing), thing.code, "question-without-default", cause)
            if question.code not in decisive:
                cause = f"question `{question.code}` decides nothing, so it is not asked"
                yield Finding(file_of(thing), thing.code, "question-needless", cause)


def departments_act_within_their_region(catalogue: Catalogue) -> Iterator[Finding]:
    """Nobody decides beyond the region that the law gives them."""
    for item in catalogue.items.values():
        department = catalogue.departments[item.department]
        if not covers(department.region, item.region):
            cause = f"{department.code} acts in {department.region}, the item is offered in {item.region}"
            yield Finding(file_of(item), item.code, "beyond-its-region", cause)


def things_have_applicants(catalogue: Catalogue) -> Iterator[Finding]:
    """Somebody applies, and is known before anyone is found through them."""
    for thing in catalogue.things.values():
        if _lacks_applicant(thing):
            cause = "its first role must be `applicant`, found by `self` or `represented`"
            yield Finding(file_of(thing), thing.code, "applicant-missing", cause)
        if not thing.items:
            yield Finding(file_of(thing), thing.code, "items-missing", "a thing has at least one item")


def _lacks_applicant(thing: Thing) -> bool:
    role, rules = next(iter(thing.roles.items()), ("", ()))
    return role != "applicant" or not rules or not all(rule.own or rule.represented for rule in rules)


RULES = (
    guides_say_what_they_must,
    materials_are_named,
    things_need_one_visit_at_most,
    questions_have_defaults_and_decide_something,
    departments_act_within_their_region,
    things_have_applicants,
)
