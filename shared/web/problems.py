"""RFC 9457 problem documents: the one place where a refusal becomes bytes. Never a stack, never the value sent."""

import re
from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from shared.database import is_passing
from shared.errors import Invalid, Malformed, NotFound, ServiceError, Unavailable
from shared.schemas import Strict
from shared.telemetry import correlation_id

_PLAIN_NAME = re.compile(r"^[a-z_]{1,32}$")
MEDIA_TYPE = "application/problem+json"
log = structlog.get_logger(__name__)


class MethodNotAllowed(ServiceError):
    status = 405
    code = "method-not-allowed"
    title_en = "This resource does not know that method"
    title_zh = "不支持该请求方法"


class BodyTooLarge(ServiceError):
    status = 413
    code = "body-too-large"
    title_en = "The body is larger than allowed"
    title_zh = "请求内容超过允许大小"


class UnsupportedMediaType(ServiceError):
    status = 415
    code = "unsupported-media-type"
    title_en = "Send the body as application/json"
    title_zh = "请以 application/json 格式提交"


class HeadersTooLarge(ServiceError):
    status = 431
    code = "headers-too-large"
    title_en = "The request's headers are larger than allowed"
    title_zh = "请求头超过允许大小"


class RequestTooSlow(ServiceError):
    status = 408
    code = "request-too-slow"
    title_en = "The request did not arrive in time"
    title_zh = "请求发送超时"


class Problem(Strict):
    """What every refusal looks like. Some codes carry further members."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    correlation_id: str | None = None


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Problem, "description": "Refused; `code` says why.", "content": {MEDIA_TYPE: {}}},
    "5XX": {
        "model": Problem,
        "description": "Not available now; safe to try again.",
        "content": {MEDIA_TYPE: {}},
    },
}


def problem_response(error: ServiceError, *, language: str = "") -> Response:
    """The refusal in the language that the caller prefers (English unless they ask for Chinese)."""
    body: dict[str, Any] = {
        "type": f"urn:onevisit:problem:{error.code}",
        "title": error.title_zh if prefers_chinese(language) else error.title_en,
        "status": error.status,
        "code": error.code,
    }
    if error.detail:
        body["detail"] = error.detail
    if current := correlation_id.get():
        body["correlation_id"] = current
    headers: dict[str, str] = {"cache-control": "no-store"}
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    if error.status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(orjson.dumps({**error.members, **body}), error.status, headers, MEDIA_TYPE)


def prefers_chinese(accept_language: str) -> bool:
    """Whether zh stands before en; enough of RFC 9110 section 12.5.4 for two languages."""
    first = accept_language.split(",", 1)[0].strip().lower()
    return first == "zh" or first.startswith(("zh-", "zh;"))


def validation_problem(error: RequestValidationError) -> Invalid:
    """All that is wrong, as JSON pointers and reasons; the values are not repeated."""
    errors = [{"pointer": _pointer(item), "reason": _reason(item)} for item in error.errors()[:50]]
    return Invalid(errors=errors)  # type: ignore[arg-type]  # a list of flat objects is a JsonValue


def _pointer(item: Mapping[str, Any]) -> str:
    # A field name that the caller made up is a value too, unless it is a harmless word.
    parts = [str(part) for part in item["loc"]]
    if parts[-1] == "[key]":  # the key of a mapping, which is in front of it, is refused for what it says
        del parts[-2:]
    if parts and item["type"] == "extra_forbidden" and not _PLAIN_NAME.match(parts[-1]):
        parts.pop()
    return "/" + "/".join(parts)


def _reason(item: Mapping[str, Any]) -> str:
    if item["type"] == "extra_forbidden":
        return "not a field of this request"
    if item["type"] in ("value_error", "assertion_error"):
        return str(item["msg"]).removeprefix("Value error, ")[:200]
    return str(item["type"]).replace("_", " ")


def install(app: FastAPI) -> None:
    """Render every refusal and every failure of this application as a problem document."""

    async def on_service_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, ServiceError)
        log.info("refused", code=error.code, status=error.status)
        return problem_response(error, language=request.headers.get("accept-language", ""))

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return await on_service_error(request, validation_problem(error))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        known = {404: NotFound(), 405: MethodNotAllowed(), 413: BodyTooLarge(), 415: UnsupportedMediaType()}
        return await on_service_error(request, known.get(error.status_code, Malformed()))

    async def on_failure(request: Request, error: Exception) -> Response:
        log.error("failed", exc_info=error)
        return problem_response(ServiceError(), language=request.headers.get("accept-language", ""))

    async def on_database_error(request: Request, error: Exception) -> Response:
        if not is_passing(error):
            raise error
        log.warning("the database could not do it now", error=type(error).__name__)
        return await on_service_error(request, Unavailable(retry_after=1))

    app.add_exception_handler(ServiceError, on_service_error)
    app.add_exception_handler(SQLAlchemyError, on_database_error)
    app.add_exception_handler(ConnectionError, on_database_error)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_failure)
