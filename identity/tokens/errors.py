"""The ways in which the token endpoint says no, as RFC 6749 section 5.2 words them: never which part was wrong; and
the refusals about clients themselves.
"""

from typing import ClassVar

from shared.errors import NotFound, RuleNotMet


class OAuthError(Exception):
    """A refusal of the token endpoint; rendered as `{"error", "error_description"}`."""

    status: ClassVar[int] = 400
    error: ClassVar[str] = "invalid_request"
    description: ClassVar[str] = "The request is not valid."

    def __init__(self, description: str | None = None) -> None:
        super().__init__(self.error)
        self.text = description or self.description


class InvalidRequest(OAuthError):
    pass


class InvalidClient(OAuthError):
    status = 401
    error = "invalid_client"
    description = "The client assertion is not accepted."


class InvalidGrant(OAuthError):
    error = "invalid_grant"
    description = "The identification token is not accepted."


class InvalidScope(OAuthError):
    error = "invalid_scope"
    description = "The client does not have all of these scopes."


class InvalidTarget(OAuthError):
    error = "invalid_target"
    description = "There is no such service."


class UnauthorizedClient(OAuthError):
    error = "unauthorized_client"
    description = "This kind of client may not use this grant."


class UnsupportedGrantType(OAuthError):
    error = "unsupported_grant_type"
    description = "Use client_credentials, or the token exchange of an identification."


class ClientNotFound(NotFound):
    code = "client-not-found"
    title_en = "There is no such client"
    title_zh = "客户端不存在"


class LastAdministrator(RuleNotMet):
    code = "last-administrator"
    title_en = "This is the last client that may administer the platform; make another first"
    title_zh = "这是最后一个平台管理客户端，请先登记另一个"
