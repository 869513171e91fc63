"""Of some kinds nobody has two in force (DOMAIN 4.4): among imported ones neither, nor beside those issued here."""

from uuid import uuid4

import orjson
import pytest

from certificates.imports.rules import second_ones
from certificates.imports.schemas import CertificateRow
from shared.imports.commands import Accepted
from tests.certificates.imports.registers import CATALOGUE, a_card_row, a_row, rejections, send
from tests.certificates.seals import SECURITY
from tests.certificates.world import MOTHER, World, a_card, a_decided_case
from tests.shared.evidence.grants import CARD

BY = SECURITY.code
IN_FORCE = "SELECT source_key FROM certificates WHERE state = 'valid' ORDER BY source_key"


class TestTwoInOneFile:
    @pytest.mark.parametrize("newest_first", [True, False])
    async def test_the_one_issued_last_is_loaded_and_the_other_is_on_the_report(
        self, world: World, *, newest_first: bool
    ) -> None:
        name = uuid4()
        rows = [a_card_row(2, issued_on="2020-01-01"), a_card_row(1, issued_on="2010-01-01")]
        answer = await send(world, *(rows if newest_first else reversed(rows)), name=name, by=BY)
        assert (answer.json()["added"], answer.json()["rejected"]) == (1, 1)
        (refused,) = await rejections(world, name, by=BY)
        assert (refused["line"], refused["code"], refused["field"]) == (
            2 if newest_first else 1,
            "another-in-force",
            "/party",
        )
        assert [row["source_key"] for row in await world.rows(IN_FORCE)] == ["card-2"]

    async def test_of_three_one_is_loaded(self, world: World) -> None:
        rows = [a_card_row(serial, issued_on=f"20{serial}-01-01") for serial in (11, 13, 12)]
        answer = await send(world, *rows, by=BY)
        assert (answer.json()["added"], answer.json()["rejected"]) == (1, 2)
        assert [row["source_key"] for row in await world.rows(IN_FORCE)] == ["card-13"]

    async def test_one_that_has_ended_is_no_second_one(self, world: World) -> None:
        answer = await send(world, a_card_row(1, valid_until="2010-01-01"), a_card_row(2), by=BY)
        assert (answer.json()["added"], answer.json()["rejected"]) == (2, 0)

    async def test_each_holder_may_have_one(self, world: World) -> None:
        answer = await send(world, a_card_row(1), a_card_row(2, party=str(MOTHER)), by=BY)
        assert (answer.json()["added"], answer.json()["rejected"]) == (2, 0)

    async def test_of_other_kinds_a_holder_may_have_several(self, world: World) -> None:
        answer = await send(world, a_row(1), a_row(2))
        assert (answer.json()["added"], answer.json()["rejected"]) == (2, 0)


class TestBesideOneThatIsThere:
    async def test_what_is_there_stays_and_the_row_is_on_the_report(self, world: World) -> None:
        await send(world, a_card_row(1, issued_on="2010-01-01"), by=BY)
        name = uuid4()
        await send(world, a_card_row(2, issued_on="2020-01-01"), a_card_row(3, party=str(MOTHER)), name=name, by=BY)
        assert [(each["line"], each["code"]) for each in await rejections(world, name, by=BY)] == [
            (1, "another-in-force")
        ]
        assert [row["source_key"] for row in await world.rows(IN_FORCE)] == ["card-1", "card-3"]

    async def test_also_where_it_was_issued_here(self, world: World) -> None:
        issued, name = await world.issued(a_decided_case(a_card())), uuid4()
        await send(world, a_card_row(), name=name, by=BY)
        assert [each["code"] for each in await rejections(world, name, by=BY)] == ["another-in-force"]
        assert [row["id"] for row in await world.rows("SELECT id FROM certificates")] == [issued]

    async def test_a_number_that_is_taken_is_told_as_such(self, world: World) -> None:
        await send(world, a_card_row(1), by=BY)
        name = uuid4()
        await send(world, a_card_row(2, number=a_card_row(1)["number"], party=str(MOTHER)), name=name, by=BY)
        assert [each["code"] for each in await rejections(world, name, by=BY)] == ["number-taken"]

    async def test_a_row_put_right_is_loaded_as_ended_and_leaves_the_report(self, world: World) -> None:
        name = uuid4()
        await send(world, a_card_row(1), a_card_row(2, issued_on="2005-01-01"), name=name, by=BY)
        assert [each["line"] for each in await rejections(world, name, by=BY)] == [1]
        answer = await send(world, a_card_row(1, valid_until="2004-12-31"), name=name, by=BY, from_line=1)
        assert (answer.json()["added"], answer.json()["rejected"]) == (2, 0)
        assert await rejections(world, name, by=BY) == []


async def test_one_that_is_issued_later_takes_the_place_of_the_imported(world: World) -> None:
    await send(world, a_card_row(), by=BY)
    (imported,) = await world.rows("SELECT id FROM certificates")
    issued = await world.issued(a_decided_case(a_card()))
    rows = await world.rows("SELECT id, state, predecessor FROM certificates ORDER BY issued_at")
    assert rows == [
        {"id": imported["id"], "state": "expired", "predecessor": None},
        {"id": issued, "state": "valid", "predecessor": imported["id"]},
    ]


def test_which_is_loaded_does_not_depend_on_the_order_of_rows() -> None:
    (kind,) = (each for each in CATALOGUE.kinds if each.code == CARD)
    rows = [
        Accepted(line, CertificateRow.model_validate_json(orjson.dumps(a_card_row(line))), kind, "330782")
        for line in range(1, 6)
    ]
    today = rows[0].row.issued_on
    kept = {each.line for each in rows} - {each.line for each in second_ones(rows, today=today)}
    backwards = {each.line for each in rows} - {each.line for each in second_ones(rows[::-1], today=today)}
    assert kept == backwards == {5}
