"""A machine with little room left is found out before it has none."""

from pathlib import Path

import pytest

from deploy.checks.host import check_room, judge_room

GIB = 1024**3


@pytest.mark.parametrize(
    ("free", "total", "wrong"),
    [
        (2 * GIB, 20 * GIB, False),
        (2 * GIB - 1, 20 * GIB, True),
        (5 * GIB, 100 * GIB, False),
        (4 * GIB, 100 * GIB, True),
    ],
)
def test_less_than_two_gibibytes_or_a_twentieth_is_too_little(free: int, total: int, wrong: bool) -> None:
    finding = judge_room("/", total=total, free=free)
    assert (finding.mend is not None, finding.stops) == (wrong, False)


def test_it_is_looked_at_where_the_path_lies(tmp_path: Path) -> None:
    assert check_room(tmp_path).what == f"disk of {tmp_path}"
