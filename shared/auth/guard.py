"""The guard that every route names: `requires(scope)` or `public()`. A route with neither fails a test.

Deny by default: a token without the scope, or of another kind of caller, gets 403; no token gets 401.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from shared.auth.caller import Caller, CallerKind
from shared.errors import Malformed, NotAllowed, NotAuthenticated

# Only for the OpenAPI document; the header is read strictly below.
_scheme = HTTPBearer(auto_error=False, bearerFormat="JWT", description="An access token of `POST /oauth/token`.")


class ScopeMissing(NotAllowed):
    code = "scope-missing"
    title_en = "The token does not carry the scope that this needs"
    title_zh = "令牌缺少所需权限"


class AssuranceTooLow(NotAllowed):
    code = "assurance-too-low"
    title_en = "Identify yourself with a stronger method"
    title_zh = "请使用更高等级的身份认证方式"


def bearer_token(request: Request) -> str:
    """The one bearer token of the request; a second Authorization header is refused (request smuggling)."""
    values = request.headers.getlist("authorization")
    if len(values) > 1:
        raise Malformed("More than one Authorization header.")
    scheme, _, token = (values[0] if values else "").partition(" ")
    if scheme.lower() != "bearer" or not token or token != token.strip():
        raise NotAuthenticated
    return token


class Requires:
    """A dependency that yields the caller, or refuses."""

    def __init__(self, scope: str, kinds: Iterable[CallerKind], acr: int) -> None:
        self.scope = scope
        self.kinds = frozenset(kinds)
        self.acr = acr

    async def __call__(self, request: Request, _: Annotated[Any, Depends(_scheme)] = None) -> Caller:
        caller: Caller = await request.app.state.service.verifier.verify(bearer_token(request))
        if self.scope not in caller.scopes or (self.kinds and caller.kind not in self.kinds):
            raise ScopeMissing(scope=self.scope)
        if caller.kind == "person" and caller.acr < self.acr:
            raise AssuranceTooLow(needed=self.acr)
        request.state.caller = caller
        return caller


class RequiresByKind(Requires):
    """A dependency for a route that several kinds of caller use, each under a scope of its own."""

    def __init__(self, scopes: Mapping[CallerKind, str]) -> None:
        super().__init__("", scopes, 0)
        self.scopes = dict(scopes)

    async def __call__(self, request: Request, _: Annotated[Any, Depends(_scheme)] = None) -> Caller:
        caller: Caller = await request.app.state.service.verifier.verify(bearer_token(request))
        if self.scopes.get(caller.kind) not in caller.scopes:
            raise ScopeMissing(scope=" or ".join(sorted(set(self.scopes.values()))))
        request.state.caller = caller
        return caller


class Public:
    """Marks a route that anybody may call."""

    async def __call__(self) -> None:
        return None


def requires(scope: str, *, kinds: Iterable[CallerKind] = (), acr: int = 0) -> Any:
    """The route is for callers with this scope (of these kinds, at this assurance level 1..3)."""
    return Depends(Requires(scope, kinds, acr))


def requires_by_kind(scopes: Mapping[CallerKind, str]) -> Any:
    """The route is for these kinds of caller, each with the scope that its kind needs here."""
    return Depends(RequiresByKind(scopes))


def public() -> Any:
    """The route is for everybody: `dependencies=[public()]`."""
    return Depends(Public())
