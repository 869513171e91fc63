"""A catalogue just large enough to be lawful, and a way to spoil one spot of it."""

from copy import deepcopy

from pydantic import JsonValue

Content = dict[str, JsonValue]


def label(word: str) -> dict[str, JsonValue]:
    return {"zh": word, "en": word}


def lawful() -> Content:
    """Two items: `birth` yields a certificate that `card` needs. The child's name is asked, the rest is held."""
    return deepcopy(LAWFUL)


def spoiled(path: str, value: JsonValue = None, *, drop: bool = False) -> Content:
    """The lawful catalogue with one value set, or dropped, at a path such as `items/card.yaml guide visits`."""
    content = lawful()
    *walk, last = path.split()
    at: JsonValue = content
    for step in walk:
        at = _into(at, step)
    if isinstance(at, list):
        at[int(last)] = value
    elif isinstance(at, dict) and drop:
        del at[last]
    elif isinstance(at, dict):
        at[last] = value
    return content


def _into(at: JsonValue, step: str) -> JsonValue:
    if isinstance(at, list):
        return at[int(step)]
    assert isinstance(at, dict)
    return at[step]


def _guide(item_code: str) -> dict[str, JsonValue]:
    return {
        "item_code": item_code,
        "item_type": "confirmation",
        "case_kind": "promised",
        "service_object": "person",
        "legal_basis": [label("a law")],
        "legal_days": 5,
        "promised_days": 2,
        "visits": 0,
        "conditions": [label("born here")],
        "flow": [{"name": label("examination"), "days": 2}],
        "fee": "none",
        "channels": ["online"],
        "handling_place": label("window 1"),
        "office_hours": {"zh": "工作日", "en": "Working days"},
        "contact": "0579-85000001",
        "supervision": "12345",
        "result": [label("a certificate")],
    }


def _rule(item: str, readers: list[JsonValue], kind: str, *attributes: JsonValue) -> dict[str, JsonValue]:
    rule: dict[str, JsonValue] = {"item": item, "readers": readers, "kind": kind, "attributes": list(attributes)}
    return {**rule, "regions": ["330000"], "basis": label("a law")}


LAWFUL: Content = {
    "vocabulary.yaml": {
        "attributes": [
            {"code": "name", "label": label("name"), "schema": {"type": "string"}},
            {"code": "sex", "label": label("sex"), "schema": {"type": "string"}},
        ],
        "roles": [
            {"code": "applicant", "label": label("applicant"), "subject": "person"},
            {"code": "child", "label": label("child"), "subject": "newborn"},
        ],
    },
    "departments.yaml": {
        "departments": [
            {"code": "health", "name": label("health"), "uscc": "11330000MB9X00023F", "region": "330000"},
            {"code": "police", "name": label("police"), "uscc": "11330000MB9X00031A", "region": "330000"},
        ]
    },
    "evidence-kinds.yaml": {
        "evidence_kinds": [
            {
                "code": "birth-record",
                "type": "record",
                "label": label("birth record"),
                "issuer": "health",
                "subject": "newborn",
                "attributes": ["sex"],
                "held": True,
            },
            {
                "code": "birth-certificate",
                "type": "certificate",
                "label": label("birth certificate"),
                "issuer": "health",
                "subject": "person",
                "attributes": ["name", "sex"],
                "type_code": "11330000MB9X00023F001",
            },
            {
                "code": "card",
                "type": "certificate",
                "label": label("card"),
                "issuer": "police",
                "subject": "person",
                "attributes": ["name"],
                "type_code": "11330000MB9X00031A001",
            },
        ]
    },
    "items/birth.yaml": {
        "code": "birth",
        "title": label("birth"),
        "department": "health",
        "region": "330000",
        "guide": _guide("11330000MB9X00023F2330800101000"),
        "needs": {
            "elements": [
                {"element": "child.name", "always_ask": True, "why": label("the parents decide")},
                {"element": "child.sex"},
            ],
            "evidence": [{"kind": "birth-record", "role": "child"}],
        },
        "yields": [
            {"kind": "birth-certificate", "role": "child", "claims": {"name": "child.name", "sex": "child.sex"}}
        ],
    },
    "items/card.yaml": {
        "code": "card",
        "title": label("card"),
        "department": "police",
        "region": "330000",
        "guide": _guide("11330000MB9X00031A2330800102000"),
        "needs": {
            "elements": [{"element": "child.name"}],
            "evidence": [{"kind": "birth-certificate", "role": "child"}],
        },
        "yields": [{"kind": "card", "role": "child", "claims": {"name": "child.name"}}],
    },
    "things/newborn.yaml": {
        "code": "newborn",
        "title": label("newborn"),
        "summary": label("a child is born"),
        "stage": "birth",
        "applicant": "person",
        "lead": "health",
        "roles": {"applicant": [{"self": True}], "child": [{"kind": "child_of", "of": "applicant"}]},
        "items": [{"item": "birth"}, {"item": "card", "when": {"want-card": "yes"}}],
        "questions": [
            {
                "code": "want-card",
                "label": label("card?"),
                "options": [{"code": "yes", "label": label("yes")}, {"code": "no", "label": label("no")}],
                "default": "yes",
            }
        ],
    },
    "sharing-rules.yaml": {
        "sharing_rules": [
            _rule("birth", ["licensing", "health"], "birth-record", "sex"),
            _rule("card", ["licensing", "police"], "birth-certificate", "name"),
        ]
    },
}
