"""Codes that other systems check: credit codes, item codes, certificate type codes."""

import re
from collections.abc import Iterator

from licensing.catalogue.model import Catalogue, Finding
from licensing.catalogue.rules.references import file_of

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
ITEM_CODE = re.compile(r"^(?P<body>[0-9A-Z]{18})(?P<level>[1-6])(?P<region>[0-9]{2})(?P<type>[0-9]{2})[0-9A-Z]{8}$")
TYPE_CODE = re.compile(r"^(?P<body>[0-9A-Z]{18})[0-9]{3}$")

# Zhejiang's item-type codes (DOMAIN 2.3); the national list numbers them differently.
ZHEJIANG_TYPE = {
    "licence": "01",
    "payment": "06",
    "adjudication": "07",
    "confirmation": "08",
    "reward": "09",
    "other-power": "10",
    "public-service": "14",
}


def is_credit_code(code: str) -> bool:
    """Whether a unified social credit code has 18 allowed characters and the right check digit (GB 32100)."""
    if len(code) != 18 or any(char not in USCC_ALPHABET for char in code):
        return False
    total = sum(USCC_ALPHABET.index(char) * weight for char, weight in zip(code, USCC_WEIGHTS, strict=False))
    return USCC_ALPHABET[(31 - total) % 31] == code[-1]


def departments_have_valid_credit_codes(catalogue: Catalogue) -> Iterator[Finding]:
    """Certificate numbers and item codes are built on them (DOMAIN 2.2, 4.2)."""
    for department in catalogue.departments.values():
        if not is_credit_code(department.uscc):
            cause = f"`{department.uscc}` is not a unified social credit code with a right check digit (GB 32100)"
            yield Finding("departments.yaml", department.code, "credit-code-not-valid", cause)


def credit_codes_are_not_shared(catalogue: Catalogue) -> Iterator[Finding]:
    """Two departments with one credit code could not be told apart on a certificate."""
    owners: dict[str, str] = {}
    for department in catalogue.departments.values():
        owner = owners.setdefault(department.uscc, department.code)
        if owner != department.code:
            cause = f"`{department.uscc}` is already the credit code of {owner}"
            yield Finding("departments.yaml", department.code, "code-reused", cause)


def certificates_have_type_codes(catalogue: Catalogue) -> Iterator[Finding]:
    """A certificate's number begins with its type code (GB/T 36904); a record has none."""
    owners: dict[str, str] = {}
    for kind in catalogue.kinds.values():
        at = ("evidence-kinds.yaml", kind.code)
        if kind.type == "record":
            if kind.type_code is not None:
                yield Finding(*at, "type-code-needless", "only certificates have a type code")
            if kind.one_per_holder:
                yield Finding(*at, "one-per-holder-needless", "only a certificate takes the place of the one before")
            if kind.prints_number:
                yield Finding(*at, "number-print-needless", "only a certificate is printed")
            continue
        match = TYPE_CODE.match(kind.type_code or "")
        if not match or not is_credit_code(match["body"]):
            cause = "a certificate needs a type code: credit code of the defining body and three digits (21)"
            yield Finding(*at, "type-code-not-valid", cause)
        elif owners.setdefault(match[0], kind.code) != kind.code:
            yield Finding(*at, "code-reused", f"`{match[0]}` is already the type code of {owners[match[0]]}")


def items_have_item_codes(catalogue: Catalogue) -> Iterator[Finding]:
    """31 characters: credit code of the department, level, and the basic code of the item's own province and type."""
    owners: dict[str, str] = {}
    for item in catalogue.items.values():
        at, code = (file_of(item), item.code), item.guide.item_code
        match = ITEM_CODE.match(code)
        if not match:
            cause = f"`{code}` is not credit code (18), level (1 to 6) and basic code (12)"
            yield Finding(*at, "item-code-not-valid", cause)
            continue
        if match["body"] != catalogue.departments[item.department].uscc:
            yield Finding(*at, "item-code-of-another", f"`{code}` does not begin with {item.department}'s credit code")
        if match["region"] != item.region[:2]:
            yield Finding(
                *at, "item-code-not-valid", f"the basic code of `{code}` is not of province {item.region[:2]}"
            )
        if match["type"] != ZHEJIANG_TYPE[item.guide.item_type]:
            right = ZHEJIANG_TYPE[item.guide.item_type]
            cause = f"the basic code says type {match['type']}; a {item.guide.item_type} is {right}"
            yield Finding(*at, "item-code-not-valid", cause)
        if owners.setdefault(code, item.code) != item.code:
            yield Finding(*at, "code-reused", f"`{code}` is already the item code of {owners[code]}")


RULES = (
    departments_have_valid_credit_codes,
    credit_codes_are_not_shared,
    certificates_have_type_codes,
    items_have_item_codes,
)
