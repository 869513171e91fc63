"""The ways in which regions are refused."""

from collections.abc import Sequence

from shared.errors import Invalid


class RegionsNotConsistent(Invalid):
    """`regions`: each code with why. All that is wrong is told at once."""

    code = "regions-not-consistent"
    title_en = "Some of these regions cannot be right"
    title_zh = "部分行政区划有误"

    def __init__(self, wrong: Sequence[tuple[str, str]]) -> None:
        super().__init__(regions=[{"code": code, "why": why} for code, why in wrong[:100]])


class RegionUnknown(Invalid):
    """Only where regions were loaded."""

    code = "region-unknown"
    title_en = "There is no such region, or it is abolished"
    title_zh = "行政区划不存在或已撤销"
