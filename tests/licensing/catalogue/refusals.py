"""The reasons to refuse a catalogue, one spoilt spot each, for test_lint."""

from pydantic import JsonValue

from tests.licensing.catalogue.factories import label

KINDS = "evidence-kinds.yaml evidence_kinds"
BIRTH, CARD, THING, RULES = "items/birth.yaml", "items/card.yaml", "things/newborn.yaml", "sharing-rules.yaml"
VOCABULARY = "vocabulary.yaml"
HEALTH = "11330000MB9X00023F"
NAME = f"{VOCABULARY} attributes 0"
CHOICE: JsonValue = {"by": "child.name", "options": {"Ada": "child.name"}}
HOLDER: dict[str, JsonValue] = {
    "code": "register",
    "type": "record",
    "label": label("register"),
    "issuer": "police",
    "subject": "person",
    "attributes": ["name"],
    "held": True,
}

Spoilt = tuple[str, JsonValue, str, str, str, str]

# (path, value, file, item, code, part of the cause)
REFUSALS: list[Spoilt] = [
    # What the files may say.
    (f"{BIRTH} colour", "red", BIRTH, "birth", "key-unknown", "colour"),
    (f"{BIRTH} guide promised_days", "soon", BIRTH, "birth", "malformed", "guide.promised_days"),
    (f"{BIRTH} title", {"zh": "出生"}, BIRTH, "birth", "text-missing", "title.en"),
    (f"{BIRTH} title en", "  ", BIRTH, "birth", "text-missing", "title.en"),
    (f"{BIRTH} code", "born", BIRTH, "born", "misnamed-file", "born.yaml"),
    ("notes.yaml", "hello", "notes.yaml", "-", "unknown-file", "no such file"),
    ("departments.yaml departments 1 code", "health", "departments.yaml", "health", "code-reused", "twice"),
    ("departments.yaml departments", "none", "departments.yaml", "departments", "malformed", "list"),
    ("departments.yaml", {"offices": []}, "departments.yaml", "-", "malformed", "departments"),
    (f"{THING} roles child 0", {"self": True, "absent": True}, THING, "newborn", "malformed", "exactly one"),
    (f"{THING} roles child 0", {"kind": "mother"}, THING, "newborn", "malformed", "belong together"),
    # What definitions name.
    (f"{BIRTH} department", "army", BIRTH, "birth", "unknown-code", "department `army`"),
    (f"{BIRTH} needs elements 1 element", "child.age", BIRTH, "birth", "unknown-code", "attribute `age`"),
    (f"{BIRTH} needs elements 1 element", "uncle.sex", BIRTH, "birth", "unknown-code", "role `uncle`"),
    (f"{BIRTH} needs evidence 0 kind", "proof", BIRTH, "birth", "unknown-code", "evidence kind `proof`"),
    (f"{BIRTH} yields 0 kind", "proof", BIRTH, "birth", "unknown-code", "evidence kind `proof`"),
    (
        f"{CARD} yields 0 claims",
        {"sex": "child.sex"},
        CARD,
        "card",
        "attribute-not-carried",
        "`card` does not carry `sex`",
    ),
    (f"{KINDS} 0 issuer", "army", "evidence-kinds.yaml", "birth-record", "unknown-code", "department `army`"),
    (f"{KINDS} 0 authoritative_for", ["name"], "evidence-kinds.yaml", "birth-record", "attribute-not-carried", "name"),
    (f"{THING} items 0 item", "bith", THING, "newborn", "unknown-code", "item `bith`"),
    (f"{THING} items 1 when", {"want-cake": "yes"}, THING, "newborn", "unknown-code", "question of card `want-cake`"),
    (f"{THING} items 1 when", {"want-card": "maybe"}, THING, "newborn", "unknown-code", "option of want-card `maybe`"),
    (
        f"{THING} roles",
        {"applicant": [{"self": True}]},
        THING,
        "newborn",
        "unknown-code",
        "role needed by birth `child`",
    ),
    (f"{RULES} sharing_rules 0 readers", ["army"], RULES, "birth", "unknown-code", "reader `army`"),
    (f"{RULES} sharing_rules 0 attributes", ["name"], RULES, "birth", "attribute-not-carried", "`birth-record`"),
    # Codes that other systems check.
    (
        "departments.yaml departments 0 uscc",
        "11330000MB9X00023A",
        "departments.yaml",
        "health",
        "credit-code-not-valid",
        "GB 32100",
    ),
    ("departments.yaml departments 0 uscc", "123", "departments.yaml", "health", "credit-code-not-valid", "GB 32100"),
    (
        "departments.yaml departments 1 uscc",
        HEALTH,
        "departments.yaml",
        "police",
        "code-reused",
        "credit code of health",
    ),
    (f"{CARD} guide item_code", f"{HEALTH}2330800101000", CARD, "card", "code-reused", "item code of birth"),
    (f"{KINDS} 1 type_code", None, "evidence-kinds.yaml", "birth-certificate", "type-code-not-valid", "21"),
    (
        f"{KINDS} 1 type_code",
        "11330000MB9X00023A001",
        "evidence-kinds.yaml",
        "birth-certificate",
        "type-code-not-valid",
        "21",
    ),
    (
        f"{KINDS} 0 type_code",
        "11330000MB9X00023F002",
        "evidence-kinds.yaml",
        "birth-record",
        "type-code-needless",
        "only",
    ),
    (
        f"{KINDS} 2 type_code",
        "11330000MB9X00023F001",
        "evidence-kinds.yaml",
        "card",
        "code-reused",
        "birth-certificate",
    ),
    (f"{CARD} guide item_code", "331619996000", CARD, "card", "item-code-not-valid", "31"),
    (f"{CARD} guide item_code", "11330000MB9X00031A7330800102000", CARD, "card", "item-code-not-valid", "level"),
    (f"{CARD} guide item_code", "11330000MB9X00031A2370800102000", CARD, "card", "item-code-not-valid", "province 33"),
    (f"{CARD} guide item_code", "11330000MB9X00031A2330100102000", CARD, "card", "item-code-not-valid", "type 01"),
    (f"{CARD} guide item_code", "11330000MB9X00023F2330800102000", CARD, "card", "item-code-of-another", "police"),
    # What a guide must say.
    (f"{CARD} guide promised_days", 6, CARD, "card", "promise-over-law", "Z-REG Art 12"),
    (f"{CARD} guide visit_reason", label("fun"), CARD, "card", "reason-without-visit", "Q4"),
    (f"{CARD} guide visits", 1, CARD, "card", "visit-without-reason", "Q4"),
    (f"{CARD} guide channels", ["window"], CARD, "card", "no-way-in-without-visit", "Q5"),
    (f"{CARD} guide legal_basis", [], CARD, "card", "law-missing", "empty"),
    (f"{CARD} guide result", [], CARD, "card", "result-missing", "empty"),
    (f"{CARD} guide conditions", [], CARD, "card", "conditions-missing", "empty"),
    (f"{CARD} guide contact", "12345", CARD, "card", "supervision-is-contact", "Q8"),
    (f"{CARD} guide contact", "85000001", CARD, "card", "phone-not-valid", "area code"),
    (f"{CARD} guide office_hours", label("often"), CARD, "card", "office-hours-vague", "工作日"),
    (f"{CARD} guide case_kind", "immediate", CARD, "card", "immediate-but-promised", "Q1"),
    (f"{CARD} guide flow 0 days", 3, CARD, "card", "flow-over-promise", "Q13"),
    (f"{CARD} guide conditions 0", {"zh": "提交其他材料", "en": "x"}, CARD, "card", "catch-all-material", "其他材料"),
    (
        f"{KINDS} 0 label",
        {"zh": "有关材料", "en": "x"},
        "evidence-kinds.yaml",
        "birth-record",
        "catch-all-material",
        "有关材料",
    ),
    (
        f"{KINDS} 0 label",
        {"zh": "x", "en": "Other documents"},
        "evidence-kinds.yaml",
        "birth-record",
        "catch-all-material",
        "x",
    ),
    (f"{THING} items", [], THING, "newborn", "items-missing", "at least one"),
    (f"{THING} questions 0 default", None, THING, "newborn", "question-without-default", "want-card"),
    (f"{THING} questions 0 default", "maybe", THING, "newborn", "question-without-default", "want-card"),
    (f"{THING} items 1", {"item": "card"}, THING, "newborn", "question-needless", "want-card"),
    ("departments.yaml departments 1 region", "330700", CARD, "card", "beyond-its-region", "330700"),
    # What answers are checked against.
    (f"{NAME} schema", {}, "vocabulary.yaml", "name", "schema-not-valid", "`type` or an `enum`"),
    (f"{NAME} schema", {"type": "strin"}, "vocabulary.yaml", "name", "schema-not-valid", "strin"),
    (f"{NAME} schema", {"type": "string", "pattern": "("}, "vocabulary.yaml", "name", "schema-not-valid", "regex"),
    (
        f"{NAME} schema",
        {"type": "string", "allOf": [{"$ref": "x"}]},
        "vocabulary.yaml",
        "name",
        "schema-not-valid",
        "$ref",
    ),
    (f"{NAME} schema", {"type": "integer", "maximum": 2**60}, "vocabulary.yaml", "-", "not-storable", ""),
    (f"{CARD} title zh", "a\0b", CARD, "-", "not-storable", "U+0000"),
    (f"{CARD} yields 0 claims name", CHOICE, CARD, "card", "choice-not-covered", "`child.name`"),
    # Once only.
    (f"{KINDS} 0 attributes", ["sex", "name"], BIRTH, "birth", "asked-although-held", "`birth-record` carries it"),
    (
        f"{BIRTH} needs elements 1",
        {"element": "child.sex", "ask": True, "why": label("?")},
        BIRTH,
        "birth",
        "asked-although-held",
        "child.sex",
    ),
    (f"{BIRTH} needs elements 0 why", None, BIRTH, "birth", "asked-without-why", "child.name"),
    (
        f"{CARD} needs evidence 0",
        {"kind": "birth-record", "role": "applicant"},
        CARD,
        "card",
        "need-unmet",
        "cannot be about",
    ),
    (f"{KINDS} 0 held", False, BIRTH, "birth", "need-unmet", "nobody holds or yields `birth-record`"),
    (f"{KINDS} 1 subject", "resident", BIRTH, "birth", "yield-not-possible", "cannot be about the child"),
    (f"{CARD} needs elements 0 element", "child.sex", CARD, "card", "claim-not-derivable", "`name` of `card`"),
    (f"{CARD} yields 0 claims name", "child.sex", CARD, "card", "claim-not-derivable", "child.sex"),
    (f"{BIRTH} needs evidence 0", {"kind": "card", "role": "child"}, THING, "newborn", "cycle", "birth"),
    (f"{RULES} sharing_rules 0 readers", ["licensing"], BIRTH, "birth", "sharing-rule-missing", "health"),
    (f"{RULES} sharing_rules 1 readers", ["police"], CARD, "card", "sharing-rule-missing", "licensing"),
]
