"""Somebody who acts for many is heard as anybody else."""

from uuid import uuid4

from licensing.applications.schemas import OneIdentification
from shared.contracts.representation import REPRESENTATION_TYPE
from shared.jose import SigningKey
from tests.licensing.applications.factories import CHILD, statement


def test_the_statement_of_a_home_that_acts_for_a_hundred_children_is_taken() -> None:
    children = (CHILD, *(uuid4() for _ in range(99)))
    claims = statement(issued=0, issuer="https://city.example", children=children).model_dump(mode="json")
    signed = SigningKey.generate().sign(claims, typ=REPRESENTATION_TYPE)
    asked = OneIdentification(thing="newborn", region="330782", representations=signed)
    assert asked.representations == signed
