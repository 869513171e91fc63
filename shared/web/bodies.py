"""Request bodies are read once, bounded, and refused unless they are strict JSON (or a form, for OAuth).

JSON parsers disagree about duplicate keys, NaN, lone surrogates and NUL; a body on which they disagree is refused
before any of our code sees it.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import Malformed, ServiceError
from shared.web.problems import BodyTooLarge, UnsupportedMediaType, problem_response

JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"
_NUL = re.compile(rb"\\u0000")


class MalformedJson(Malformed):
    code = "malformed-json"
    title_en = "The body is not valid JSON"
    title_zh = "请求内容不是有效的 JSON"


def check_json(body: bytes) -> None:
    """Raise `MalformedJson` unless every parser would read this body alike."""
    try:
        orjson.loads(body)  # strict UTF-8, no surrogates, no NaN, bounded depth
        json.loads(body, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise MalformedJson from None
    if _NUL.search(body):
        raise MalformedJson("The character U+0000 is not allowed.")


def check_head(headers: Mapping[bytes, bytes], *, media: str) -> None:
    """Raise `UnsupportedMediaType` unless the body is sent as this, and uncompressed."""
    if b"content-encoding" in headers:
        raise UnsupportedMediaType("Send the body without compression.")
    if headers.get(b"content-type", b"").split(b";", 1)[0].strip().lower().decode("latin-1") != media:
        raise UnsupportedMediaType(f"Send the body as {media}.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _refuse(_: str) -> NoReturn:
    raise ValueError("not a JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("out of range")
    return value


class StrictBodies:
    """ASGI middleware: bound, check, then hand on the body whole.

    `streamed` names the paths whose bodies are too large for that, and the media type of each: they are handed on as
    they come, and their routes bound and check them.
    """

    def __init__(
        self, app: ASGIApp, *, max_bytes: int, form_paths: frozenset[str], streamed: Mapping[str, str]
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.form_paths = form_paths
        self.streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH", "DELETE"):
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        try:
            checked = await self._checked(headers, receive, path=scope["path"])
        except ServiceError as refusal:
            language = headers.get(b"accept-language", b"").decode("latin-1")
            await problem_response(refusal, language=language)(scope, receive, send)
            return
        await self.app(scope, checked, send)

    async def _checked(self, headers: dict[bytes, bytes], receive: Receive, *, path: str) -> Receive:
        streamed = self.streamed.get(path)
        if streamed is not None:
            check_head(headers, media=streamed)
            return receive
        body = await self._read(headers, receive)
        self._check(body, headers, path=path)
        return _replay(body, receive)

    async def _read(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit():
            raise Malformed
        if int(declared) > self.max_bytes:
            raise BodyTooLarge(max_bytes=self.max_bytes)
        chunks: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                raise Malformed
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self.max_bytes:
                raise BodyTooLarge(max_bytes=self.max_bytes)
            chunks.append(chunk)
            more = message.get("more_body", False)
        return b"".join(chunks)

    def _check(self, body: bytes, headers: dict[bytes, bytes], *, path: str) -> None:
        if not body:
            return
        is_form = path in self.form_paths
        check_head(headers, media=FORM_TYPE if is_form else JSON_TYPE)
        if not is_form:
            check_json(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay
