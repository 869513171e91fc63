"""The ways planning says no: roles that cannot be filled, a situation that the thing does not know."""

from collections.abc import Sequence
from uuid import UUID

from shared.errors import Invalid, RuleNotMet


class RoleUnresolved(RuleNotMet):
    """Nobody the applicant is known to be related to, or may act for, can take this role."""

    code = "role-unresolved"
    title_en = "Nobody is known who could take this role; the relation must be registered first"
    title_zh = "未找到可担任该角色的人员，请先登记相关关系"

    def __init__(self, role: str) -> None:
        super().__init__(role=role)
        self.role = role


class RoleAmbiguous(RuleNotMet):
    """Several parties can take this role, and the applicant has not said which."""

    code = "role-choice-needed"
    title_en = "Several people can take this role; say which one in `roles`"
    title_zh = "有多人可担任该角色，请选择"

    def __init__(self, role: str, options: Sequence[UUID]) -> None:
        super().__init__(role=role, options=[str(option) for option in options])
        self.role = role
        self.options = tuple(options)


class RoleNotOffered(Invalid):
    """The chosen party cannot take this role, or the thing has no such role."""

    code = "role-not-offered"
    title_en = "The chosen party cannot take this role"
    title_zh = "所选人员不能担任该角色"

    def __init__(self, role: str) -> None:
        super().__init__(role=role)
        self.role = role


class SituationNotOffered(Invalid):
    """The thing has no such question, or the question no such option."""

    code = "situation-not-offered"
    title_en = "This thing has no such question or option"
    title_zh = "该事项没有此问题或选项"

    def __init__(self, question: str) -> None:
        super().__init__(question=question)
        self.question = question
