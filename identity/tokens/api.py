"""The OAuth 2 endpoints: tokens, the keys that verify them, discovery (RFC 8414); and revoking a client."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from identity.service import Current
from identity.tokens import commands, rules
from identity.tokens.errors import OAuthError
from identity.tokens.schemas import TOKEN_REQUEST, Revocation, TokenAnswer
from shared.auth import Caller, Revocations, public, requires
from shared.schemas import Code

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path, not a secret
NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
# Verifiers know the next key long before it signs, so that a cached answer is never too old.
CACHED = {"cache-control": "public, max-age=300"}

router = APIRouter(tags=["tokens"], dependencies=[public()])
clients = APIRouter(tags=["clients"])


@router.post(TOKEN_PATH, openapi_extra=TOKEN_REQUEST, response_model=TokenAnswer)
async def issue_token(request: Request, service: Current) -> Response:
    """An access token for an authenticated client, or for a person whom an app backend has identified."""
    form = rules.read_form(await request.body())
    issuer, at = service.settings.issuer, service.clock()
    async with service.database.transaction() as conn:
        client = await commands.authenticate_client(conn, form, issuer=issuer, at=at)
    outside = await service.federation.prepared(form, client=client, at=at)
    issue = partial(commands.issue_token, client=client, keys=service.keyring, issuer=issuer, at=at, outside=outside)
    async with service.database.transaction() as conn:
        issuance = await issue(conn, form, withheld=service.settings.officer_sign_in_scopes)
    token = await service.keyring.sign(issuance.claims, typ=rules.ACCESS_TYPE)
    return JSONResponse(TokenAnswer.of(token, issuance).model_dump(exclude_none=True), headers=NO_STORE)


@router.get("/.well-known/jwks.json")
async def find_keys(service: Current) -> Response:
    """The public keys of all tokens that may be in use, and of those to come."""
    return JSONResponse(await service.keyring.jwks(), headers=CACHED)


@router.get("/.well-known/oauth-authorization-server")
async def find_authorization_server(service: Current) -> Response:
    """What this authorization server can do."""
    issuer = service.settings.issuer
    document: dict[str, Any] = {
        "issuer": issuer,
        "token_endpoint": issuer + TOKEN_PATH,
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "grant_types_supported": ["client_credentials", commands.EXCHANGE],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "Ed25519"],
        "scopes_supported": rules.SCOPES,
        "ui_locales_supported": ["zh", "en"],
    }
    return JSONResponse(document, headers=CACHED)


@clients.post("/v1/clients/{client_id}/revocation")
async def revoke_client(
    client_id: Code,
    caller: Annotated[Caller, requires("clients:manage", kinds=("ops",))],
    service: Current,
) -> Revocation:
    """The client gets no token any more, and no door is open to those that it has. Again: the same answer."""
    async with service.database.transaction() as conn:
        since = await commands.revoke_client(conn, client_id, by=caller.sub, at=service.clock())
    service.door.look_now()
    return Revocation(client_id=client_id, revoked_at=since)


@clients.get("/internal/revocations", dependencies=[requires("internal", kinds=("service",))])
async def find_revocations(service: Current) -> Revocations:
    """Whose tokens are good no more, though they have not expired: clients revoked and officers dismissed of late."""
    return await service.revocations()


async def on_oauth_error(_: Request, error: Exception) -> Response:
    """A refusal as OAuth clients expect it."""
    assert isinstance(error, OAuthError)
    headers = NO_STORE | ({"www-authenticate": "Bearer"} if error.status == 401 else {})
    return JSONResponse({"error": error.error, "error_description": error.text}, error.status, headers)
