"""Regions nest by the digits of their GB/T 2260 codes."""

import pytest

from shared.regions import covers, topic_tokens


@pytest.mark.parametrize(
    ("scope", "region", "inside"),
    [
        ("330000", "330782", True),
        ("330700", "330782", True),
        ("330782", "330782", True),
        ("330782", "330700", False),
        ("330100", "330782", False),
        ("320000", "330782", False),
    ],
)
def test_a_scope_covers_what_lies_in_it(scope: str, region: str, inside: bool) -> None:
    assert covers(scope, region) is inside


def test_a_topic_ends_in_province_city_and_county() -> None:
    assert topic_tokens("330782") == "33.07.82"
