"""Which of licensing's events a department may read, by the catalogue that ships."""

import pytest

from licensing.catalogue.load import DATA, parse, read_files
from licensing.catalogue.model import Catalogue
from licensing.permissions import Reader, may_follow


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    content, _ = read_files(DATA)
    return parse(content)[0]


PROVINCE = Reader("public-security", "330000")
CITY = Reader("public-security", "330700")


@pytest.mark.parametrize(
    ("reader", "topics"),
    [
        (PROVINCE, "evt.case.received.household-registration.33.07.82"),
        (PROVINCE, "evt.case.*.household-registration.33.>"),
        (CITY, "evt.case.*.household-registration.33.07.>"),
        (PROVINCE, "evt.rating.given.household-registration.33.>"),
        (PROVINCE, "evt.application.submitted.newborn.33.07.>"),
        (Reader("tax", "330000"), "evt.thing.published.>"),
        # None of ours: somebody else decides.
        (PROVINCE, "evt.certificate.issued.birth-medical-certificate.33.>"),
        (PROVINCE, "to.public-security.>"),
    ],
)
def test_a_department_may_follow_what_concerns_its_items_in_its_region(
    catalogue: Catalogue, reader: Reader, topics: str
) -> None:
    assert may_follow(reader, topics, catalogue=catalogue)


@pytest.mark.parametrize(
    ("reader", "topics"),
    [
        (Reader("tax", "330000"), "evt.case.received.household-registration.33.>"),
        (Reader("tax", "330000"), "evt.application.submitted.newborn.33.>"),
        (PROVINCE, "evt.case.received.social-security-card.33.>"),
        (PROVINCE, "evt.case.received.no-such-item.33.>"),
        (PROVINCE, "evt.case.received.household-registration.>"),
        (PROVINCE, "evt.case.received.household-registration.*.07.82"),
        (PROVINCE, "evt.case.received.household-registration.11.>"),
        (CITY, "evt.case.received.household-registration.33.>"),
        (CITY, "evt.case.received.household-registration.33.*.82"),
        (CITY, "evt.case.received.household-registration.33.01.>"),
        (PROVINCE, "evt.case.received.*.33.07.82"),
        (PROVINCE, "evt.case.>"),
        (PROVINCE, "evt.*.received.household-registration.33.>"),
        (PROVINCE, "evt.>"),
    ],
)
def test_everything_else_is_denied(catalogue: Catalogue, reader: Reader, topics: str) -> None:
    assert not may_follow(reader, topics, catalogue=catalogue)
