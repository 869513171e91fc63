"""The ways status lists say no: to who asks for one, and to who reads one."""

from typing import Literal

from certificates.sealing.errors import SealRefusal
from shared.errors import NotFound

StatusRefusal = (
    SealRefusal
    | Literal["not-by-status-office", "seal-not-in-time", "content-wrong", "from-the-future", "too-old", "another-list"]
)


class StatusListNotFound(NotFound):
    """No certificate has its place in a list of this number."""

    code = "status-list-not-found"
    title_en = "There is no status list of this number"
    title_zh = "没有该编号的状态列表"


class NotAStatusList(Exception):
    """A token that says nothing about this certificate now; `code` is the check that failed first."""

    def __init__(self, code: StatusRefusal) -> None:
        super().__init__(code)
        self.code: StatusRefusal = code
