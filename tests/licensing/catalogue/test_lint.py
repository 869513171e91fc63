"""Every reason not to publish a catalogue: one spot spoiled, one finding that names file, item and cause."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from licensing.catalogue import rules
from licensing.catalogue.lint import judge, lint_folder
from licensing.catalogue.rules import guide
from tests.licensing.catalogue.factories import Content, label, lawful, spoiled
from tests.licensing.catalogue.refusals import BIRTH, CARD, HOLDER, KINDS, REFUSALS, RULES, THING


@pytest.mark.parametrize(
    ("path", "value", "file", "item", "code", "cause"), REFUSALS, ids=[f"{r[4]}: {r[0]}" for r in REFUSALS]
)
def test_a_spoilt_catalogue_is_refused_with_file_item_and_cause(
    path: str, value: JsonValue, file: str, item: str, code: str, cause: str
) -> None:
    _, findings = judge(spoiled(path, value))

    assert any((f.file, f.item, f.code) == (file, item, code) and cause in f.cause for f in findings), findings


def codes(content: Content) -> set[str]:
    return {finding.code for finding in judge(content)[1]}


def test_the_lawful_catalogue_is_not_refused() -> None:
    assert judge(lawful())[1] == []


def test_the_catalogue_that_ships_with_licensing_is_not_refused() -> None:
    assert lint_folder() == []


def test_a_missing_file_is_refused() -> None:
    assert codes(spoiled("departments.yaml", drop=True)) == {"file-missing"}


def test_all_findings_of_a_stage_are_told_at_once() -> None:
    content = spoiled(f"{CARD} guide contact", "12345")
    assert isinstance(content[CARD], dict)
    content[CARD]["guide"]["promised_days"] = 9  # type: ignore[index,call-overload]  # known to be a guide

    assert {"supervision-is-contact", "promise-over-law"} <= codes(content)


def test_more_than_one_visit_needs_an_exception_of_the_province() -> None:
    content = spoiled(f"{CARD} guide", {**_guide_of(CARD), "visits": 2, "visit_reason": label("photo")})
    assert "visits-over-one" in codes(content)

    excepted = {**_guide_of(CARD), "visits": 2, "visit_reason": label("photo"), "exception": label("list of 2026")}
    assert codes(spoiled(f"{CARD} guide", excepted)) == set()


def test_one_visit_for_each_of_two_items_is_two_visits_for_the_applicant() -> None:
    content = spoiled(f"{CARD} guide", {**_guide_of(CARD), "visits": 1, "visit_reason": label("photo")})
    content[BIRTH] = spoiled(f"{BIRTH} guide", {**_guide_of(BIRTH), "visits": 1, "visit_reason": label("sign")})[BIRTH]

    assert codes(content) == {"visits-over-one"}


def test_a_licence_has_a_flow_of_five_steps() -> None:
    licence = {**_guide_of(CARD), "item_type": "licence", "item_code": "11330000MB9X00031A2330100102000"}

    assert codes(spoiled(f"{CARD} guide", licence)) == {"licence-flow-short"}


def test_an_element_may_be_asked_where_only_the_item_itself_and_its_successors_yield_it() -> None:
    """`birth-certificate` and `card` carry the child's name, but neither exists before somebody has named the child."""
    kinds = judge(lawful())[0].kinds

    assert {code for code, kind in kinds.items() if "name" in kind.attributes} == {"birth-certificate", "card"}
    assert codes(lawful()) == set()


def test_a_kind_that_presupposes_a_number_does_not_hold_a_newborns_name() -> None:
    content = lawful()
    identity = {**HOLDER, "code": "identity", "subject": "resident"}
    assert isinstance(content["evidence-kinds.yaml"], dict)
    kinds = content["evidence-kinds.yaml"]["evidence_kinds"]
    assert isinstance(kinds, list)

    kinds.append(identity)
    assert codes(content) == set()

    kinds[-1] = HOLDER
    assert codes(content) == {"asked-although-held"}


def test_a_material_that_can_be_uploaded_need_not_be_held() -> None:
    content = spoiled(f"{KINDS} 0 held", value=False)
    content[BIRTH] = spoiled(f"{BIRTH} needs evidence 0 upload", value=True)[BIRTH]

    assert codes(content) == set()


def test_an_element_that_nobody_may_read_must_be_declared_as_asked() -> None:
    content = spoiled(f"{CARD} needs elements", [{"element": "child.name"}, {"element": "applicant.sex"}])

    assert codes(content) == {"need-unmet"}


def test_what_somebody_holds_is_to_be_shared_rather_than_asked() -> None:
    _, findings = judge(spoiled(f"{CARD} needs elements", [{"element": "child.name"}, {"element": "applicant.sex"}]))

    assert [finding.cause for finding in findings if finding.code == "need-unmet"] == [
        "no evidence that this item may read carries `applicant.sex`; share one that does: `birth-certificate`"
    ]


def test_what_nobody_holds_is_to_be_asked() -> None:
    content = spoiled(f"{CARD} needs elements", [{"element": "child.name"}, {"element": "applicant.colour"}])
    colour: JsonValue = {"code": "colour", "label": label("colour"), "schema": {"type": "string"}}
    vocabulary = content["vocabulary.yaml"]
    assert isinstance(vocabulary, dict)
    attributes = vocabulary["attributes"]
    assert isinstance(attributes, list)
    attributes.append(colour)

    assert any(finding.cause.endswith("declare `ask: true`") for finding in judge(content)[1])


def test_what_an_item_does_not_need_is_not_shared_for_it() -> None:
    content = lawful()
    rules = content[RULES]
    assert isinstance(rules, dict)
    assert isinstance(rules["sharing_rules"], list)
    rules["sharing_rules"].append(
        {
            "item": "card",
            "readers": ["police"],
            "kind": "birth-record",
            "attributes": ["sex"],
            "regions": ["330000"],
            "basis": label("curiosity"),
        }
    )

    assert codes(content) == {"shared-needlessly"}


def test_a_role_is_found_through_one_that_is_known_before_it() -> None:
    roles: JsonValue = {"child": [{"kind": "child_of", "of": "applicant"}], "applicant": [{"self": True}]}

    assert codes(spoiled(f"{THING} roles", roles)) == {"role-out-of-order"}


@pytest.mark.parametrize("rules", [[{"kind": "child_of", "of": "child"}], []])
def test_a_thing_has_an_applicant_before_anyone_else(rules: JsonValue) -> None:
    roles: JsonValue = {"child": [{"represented": True}], "applicant": rules}

    assert "applicant-missing" in codes(spoiled(f"{THING} roles", roles))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.sampled_from(["child.name", "birth"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(st.data(), JSON)
def test_whatever_stands_wherever_is_judged_and_never_stumbled_over(data: st.DataObject, value: JsonValue) -> None:
    content = lawful()
    path = [data.draw(st.sampled_from(sorted(content)))]
    spot: JsonValue = content[path[0]]
    while isinstance(spot, dict | list) and spot and data.draw(st.booleans()):
        step = data.draw(st.sampled_from(sorted(spot) if isinstance(spot, dict) else range(len(spot))))
        path.append(str(step))
        spot = spot[step]  # type: ignore[index,call-overload]  # a key of the one, an index of the other

    _, findings = judge(spoiled(" ".join(path), value))

    assert all(finding.file in content for finding in findings)


class TestFiles:
    def test_that_are_not_yaml_are_named(self, tmp_path: Path) -> None:
        (tmp_path / "departments.yaml").write_text("departments: [", "utf-8")

        (finding,) = lint_folder(tmp_path)

        assert (finding.file, finding.code) == ("departments.yaml", "not-yaml")

    def test_that_say_a_key_twice_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "departments.yaml").write_text("departments: []\ndepartments: []", "utf-8")

        (finding,) = lint_folder(tmp_path)

        assert "`departments`" in finding.cause or "'departments'" in finding.cause

    def test_mean_no_by_the_word_no(self, tmp_path: Path) -> None:
        (tmp_path / "departments.yaml").write_text("departments: [no, 2026-01-01]", "utf-8")

        causes = [finding.cause for finding in lint_folder(tmp_path) if finding.file == "departments.yaml"]

        assert len(causes) == 2
        assert all("dictionary" in cause for cause in causes)


def _guide_of(file: str) -> dict[str, JsonValue]:
    item = lawful()[file]
    assert isinstance(item, dict)
    assert isinstance(item["guide"], dict)
    return item["guide"]


def test_every_reason_to_refuse_is_explained_in_the_readme() -> None:
    folder = Path(rules.__file__).parent
    sources = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    written = {
        *re.findall(r'Finding\([^"]*?"([a-z]+(?:-[a-z]+)+)"', sources),
        *(code for code, _, _ in guide.GUIDE_RULES),
    }
    explained = set(re.findall(r"`([a-z-]+)`", (folder.parent / "README.md").read_text("utf-8")))

    assert written | {row[4] for row in REFUSALS} <= explained
