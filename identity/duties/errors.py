"""The ways in which a grant on a standing duty is refused. Each names what is allowed."""

from shared.errors import NotAllowed, NotFound


class DutyNotFound(NotFound):
    """`duties`: those of the department that let it read evidence."""

    code = "duty-not-found"
    title_en = "Your department has no such standing duty to read evidence on"
    title_zh = "本部门无此可查询数据的法定职责"


class KindsOutsideDuty(NotAllowed):
    """`kinds`: those of the duty."""

    code = "kinds-outside-duty"
    title_en = "The standing duty does not cover these kinds of evidence"
    title_zh = "该法定职责不包括所请求的数据种类"


class PartiesOutsideDuty(NotAllowed):
    """`errors` points at them; a party that nobody knows looks like one that lives elsewhere."""

    code = "parties-outside-duty"
    title_en = "The standing duty does not reach some of these parties, or nobody knows them"
    title_zh = "部分主体不在该法定职责范围内或不存在"
