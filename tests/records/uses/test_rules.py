"""Which events are uses and which are changes, and what a department is told of them."""

import pytest

from records.uses.model import Change, Telling
from records.uses.rules import (
    change_of_certificate,
    change_of_record,
    change_of_successor,
    notice_of,
    uses_of_access,
    uses_of_case,
)
from shared.contracts.notices import EvidenceUsedReinstated, EvidenceUsedRevoked
from tests.records.uses.events import (
    CASE,
    CERTIFICATE,
    CORRECTION,
    ENROLMENT,
    INSURANCE,
    RECORD,
    REFERENCE,
    SUCCESSOR,
    corrected,
    expired,
    read,
    reinstated,
    revoked,
    used,
    withheld,
)
from tests.records.world import BIRTH, CHILD, PAGE


class TestUses:
    def test_a_case_uses_each_piece_that_it_stands_on(self) -> None:
        uses = uses_of_case(used(CERTIFICATE, RECORD))
        assert [use.evidence for use in uses] == [CERTIFICATE, RECORD]
        assert {(use.department, use.ref, use.purpose, use.item) for use in uses} == {
            (INSURANCE, CASE, "case", ENROLMENT)
        }

    @pytest.mark.parametrize("purpose", ["case", "duty"])
    def test_reading_for_a_case_or_a_duty_is_a_use(self, purpose: str) -> None:
        (use,) = uses_of_access(read(CERTIFICATE, purpose=purpose))
        assert (use.evidence, use.ref, use.purpose, use.item) == (CERTIFICATE, REFERENCE, purpose, ENROLMENT)

    def test_one_piece_read_twice_is_one_use(self) -> None:
        assert len(uses_of_access(read(CERTIFICATE, CERTIFICATE, RECORD))) == 2

    def test_reading_to_fill_in_a_draft_is_no_use(self) -> None:
        assert uses_of_access(read(CERTIFICATE, reader="licensing", purpose="draft")) == []

    def test_a_look_up_by_number_is_no_use(self) -> None:
        assert uses_of_access(read(None, items=())) == []

    def test_an_access_of_before_evidence_was_named_is_no_use(self) -> None:
        assert uses_of_access(read(None)) == []


class TestChanges:
    def test_each_event_of_a_certificate_says_what_happened(self) -> None:
        changes = [
            change_of_certificate(withheld(2)),
            change_of_certificate(reinstated(3)),
            change_of_certificate(revoked(4)),
        ]
        assert [(change.change, change.version, change.ground) for change in changes] == [
            ("withheld", 2, None),
            ("reinstated", 3, None),
            ("revoked", 4, "fraud"),
        ]
        assert {change.evidence for change in changes} == {CERTIFICATE}

    def test_a_correction_concerns_the_predecessor_and_names_the_successor(self) -> None:
        change = change_of_record(corrected())
        assert (change.evidence, change.change, change.successor) == (RECORD, "corrected", CORRECTION)

    def test_a_changed_certificate_is_corrected_by_its_successor(self) -> None:
        change = change_of_successor(expired(3, operation="change"))
        assert change is not None
        assert (change.evidence, change.version, change.change, change.successor) == (
            CERTIFICATE,
            3,
            "corrected",
            SUCCESSOR,
        )

    @pytest.mark.parametrize("operation", [None, "renewal", "replacement", "transfer-in"])
    def test_one_that_only_goes_on_or_came_to_its_end_says_nothing_against_what_was_read(
        self, operation: str | None
    ) -> None:
        assert change_of_successor(expired(operation=operation)) is None


class TestNotices:
    def telling(self, change: Change) -> Telling:
        return Telling(change=change, department=INSURANCE, ref=CASE, purpose="case", item=ENROLMENT)

    def test_a_revocation_names_the_departments_own_case_and_the_ground(self) -> None:
        notice = notice_of(self.telling(change_of_certificate(revoked())))
        assert notice == EvidenceUsedRevoked(
            evidence=CERTIFICATE,
            kind=PAGE,
            party=CHILD,
            issuer="public-security",
            change="revoked",
            ground="fraud",
            case=CASE,
            item=ENROLMENT,
            purpose="case",
        )

    def test_a_correction_names_what_is_right_instead(self) -> None:
        notice = notice_of(self.telling(change_of_record(corrected())))
        assert isinstance(notice, EvidenceUsedRevoked)
        assert (notice.kind, notice.change, notice.successor) == (BIRTH, "corrected", CORRECTION)

    def test_a_reinstatement_is_an_event_of_its_own(self) -> None:
        assert isinstance(notice_of(self.telling(change_of_certificate(reinstated()))), EvidenceUsedReinstated)
