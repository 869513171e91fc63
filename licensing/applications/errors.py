"""The ways drafts and applications say no. Members name elements and codes, never what somebody wrote."""

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from shared.errors import Conflict, Invalid, NotFound, RuleNotMet, Unavailable


class DraftNotFound(NotFound):
    """Also: a draft of another person, or made through another app."""

    code = "draft-not-found"
    title_en = "There is no such draft for this caller"
    title_zh = "未找到该预填"


class DraftExpired(RuleNotMet):
    code = "draft-expired"
    title_en = "This draft was left alone for too long; identify yourself again to get a new one"
    title_zh = "预填已过期，请重新认证获取"


class DraftChanged(Conflict):
    code = "draft-changed"
    title_en = "This draft was changed by another request at the same time; read it again"
    title_zh = "预填已被其他请求修改，请重新读取"


class DraftStale(RuleNotMet):
    """What the departments hold has changed; `draft` is the new draft, under the same id."""

    code = "draft-stale"
    title_en = "What departments hold has changed since the draft; confirm the new one"
    title_zh = "部门数据已变化，请确认新的预填内容"


class DraftAlreadySubmitted(Conflict):
    code = "draft-already-submitted"
    title_en = "This draft has become an application already"
    title_zh = "该预填已提交申请"


class QuestionNotKnown(Invalid):
    """`questions` are those that there are; what was sent instead is not repeated."""

    code = "question-not-known"
    title_en = "This thing asks no such question"
    title_zh = "该事项没有此问题"

    def __init__(self, questions: Iterable[str]) -> None:
        super().__init__(questions=list(questions))


class RoleNotKnown(Invalid):
    """`roles` are those that there are; what was sent instead is not repeated."""

    code = "role-not-known"
    title_en = "This thing has no such role"
    title_zh = "该事项没有此角色"

    def __init__(self, roles: Iterable[str]) -> None:
        super().__init__(roles=list(roles))


class AnswerNotAsked(Invalid):
    """Answers to what is known already; and how many to what this draft does not speak of at all."""

    code = "answer-not-asked"
    title_en = "Some answers were not asked for; dispute a value to replace it"
    title_zh = "部分内容无需填写；如对已有数据有异议，请提出异议后填写"

    def __init__(self, elements: Iterable[str], *, unknown: int = 0) -> None:
        super().__init__(elements=list(elements), unknown=unknown)


class AnswersNotValid(Invalid):
    """Element -> why, by the keyword of its JSON Schema."""

    code = "answers-not-valid"
    title_en = "Some answers do not have the form that their element needs"
    title_zh = "部分填写内容不符合要求"

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(errors=[{"element": element, "reason": reason} for element, reason in faults.items()])


class AnswersMissing(RuleNotMet):
    """`elements` and `materials` are all that is still open."""

    code = "answers-missing"
    title_en = "Some of what is needed has not been answered"
    title_zh = "仍有必填内容未填写"

    def __init__(self, elements: Iterable[str], *, materials: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(elements=list(elements), materials=_named(materials))


class DisputeNotPossible(Invalid):
    """What no department holds, or what is held of somebody for whom the applicant may not act."""

    code = "dispute-not-possible"
    title_en = "Only a value that a department holds and that is shown to you can be disputed"
    title_zh = "只能对向您展示的部门数据提出异议"

    def __init__(self, elements: Iterable[str], *, unknown: int = 0) -> None:
        super().__init__(elements=list(elements), unknown=unknown)


class CommitmentNotOffered(Invalid):
    code = "commitment-not-offered"
    title_en = "No commitment can stand for this material"
    title_zh = "该材料不适用告知承诺"

    def __init__(self, materials: Iterable[tuple[str, str]]) -> None:
        super().__init__(materials=_named(materials))


class MaterialNotFound(Invalid):
    code = "material-not-found"
    title_en = "Some materials were never handed in"
    title_zh = "部分材料未上传"


class ApplicationNotFound(NotFound):
    """Also: an application of somebody else."""

    code = "application-not-found"
    title_en = "There is no such application for this caller"
    title_zh = "未找到该申请"


class NothingToWithdraw(RuleNotMet):
    code = "nothing-to-withdraw"
    title_en = "Every case of this application is decided or has ended"
    title_zh = "该申请的办件均已决定或办结，无法撤回"


class NumberTaken(Unavailable):
    """One in a million million: the random part of the number was drawn before on the same day and region."""

    code = "number-taken"
    title_en = "The application could not be numbered; send it again with the same Idempotency-Key"
    title_zh = "申请编号生成失败，请使用同一幂等键重试"


def _named(materials: Iterable[tuple[str, str]]) -> list[JsonValue]:
    return [{"evidence_kind": kind, "role": role} for kind, role in materials]
