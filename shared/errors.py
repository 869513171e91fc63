"""The ways a service says no. Rendered once, in `shared.web.problems`, as RFC 9457 problem documents.

ServiceError
├── Malformed          400  the bytes are not what they claim to be
├── NotAuthenticated   401
├── NotAllowed         403  may be seen, may not be done
├── NotFound           404  also: may not be seen
├── Conflict           409  somebody was there first
├── RuleNotMet         409  a rule of law or of the guide refuses
├── Invalid            422  well-formed, but not a valid request
├── TooManyRequests    429
├── Unavailable        503  a neighbour does not answer
└── TimedOut           504

A subclass per fact: `code` is public API (kebab-case, stable); members are typed facts, never personal data.
"""

from typing import ClassVar

from pydantic import JsonValue


class ServiceError(Exception):
    """A refusal that a caller can understand and act on."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title_en: ClassVar[str] = "Something went wrong on our side"
    title_zh: ClassVar[str] = "系统内部错误"

    def __init__(self, detail: str | None = None, *, retry_after: int | None = None, **members: JsonValue) -> None:
        super().__init__(self.code)
        self.detail = detail
        self.retry_after = retry_after
        self.members = members


class Malformed(ServiceError):
    status = 400
    code = "malformed-request"
    title_en = "The request cannot be read"
    title_zh = "请求无法解析"


class NotAuthenticated(ServiceError):
    status = 401
    code = "not-authenticated"
    title_en = "A valid access token is needed"
    title_zh = "需要有效的访问令牌"


class NotAllowed(ServiceError):
    status = 403
    code = "not-allowed"
    title_en = "This caller may not do this"
    title_zh = "无权执行此操作"


class NotFound(ServiceError):
    status = 404
    code = "not-found"
    title_en = "There is nothing here"
    title_zh = "未找到"


class Conflict(ServiceError):
    status = 409
    code = "conflict"
    title_en = "The request conflicts with what is already so"
    title_zh = "请求与现有状态冲突"


class RuleNotMet(ServiceError):
    status = 409
    code = "rule-not-met"
    title_en = "A rule does not allow this now"
    title_zh = "不符合办理规则"


class Invalid(ServiceError):
    status = 422
    code = "invalid-request"
    title_en = "The request is not valid"
    title_zh = "请求内容无效"


class TooManyRequests(ServiceError):
    status = 429
    code = "too-many-requests"
    title_en = "Too many requests; try again later"
    title_zh = "请求过于频繁，请稍后再试"


class Unavailable(ServiceError):
    status = 503
    code = "service-unavailable"
    title_en = "A service that this needs does not answer; try again"
    title_zh = "所需服务暂不可用，请重试"


class TimedOut(ServiceError):
    status = 504
    code = "timed-out"
    title_en = "The answer took too long; try again"
    title_zh = "响应超时，请重试"


class CannotStart(Exception):
    """What a service was given it must not or cannot work with. Never a caller's fault; the message says what to do."""
