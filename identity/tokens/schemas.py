"""The shapes of the token endpoint, as the OAuth RFCs name them."""

from typing import Any, Literal, Self

from identity.tokens.commands import ASSERTION, EXCHANGE, ID_TOKEN_TYPE, JWT_TYPE, Issuance
from identity.tokens.rules import ACCESS_TOKEN_LIFE
from shared.schemas import AwareDatetime, Strict

_ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a name, not a secret


class TokenAnswer(Strict):
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a scheme, not a secret
    expires_in: int
    scope: str
    issued_token_type: str | None = None

    @classmethod
    def of(cls, token: str, issuance: Issuance) -> Self:
        return cls(
            access_token=token,
            expires_in=int(ACCESS_TOKEN_LIFE.total_seconds()),
            scope=issuance.claims["scope"],
            issued_token_type=_ACCESS_TOKEN_TYPE if issuance.exchanged else None,
        )


class Revocation(Strict):
    client_id: str
    revoked_at: AwareDatetime


def _text(description: str, *values: str) -> dict[str, Any]:
    return {"type": "string", "description": description, **({"enum": list(values)} if values else {})}


# The body is read by hand, because a framework would answer a bad one with another error than RFC 6749 names.
TOKEN_REQUEST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type", "client_assertion_type", "client_assertion"],
                    "properties": {
                        "grant_type": _text("How the token is earned.", "client_credentials", EXCHANGE),
                        "client_assertion_type": _text("Always this.", ASSERTION),
                        "client_assertion": _text("A JWT signed by the client's key, for one use (RFC 7523)."),
                        "scope": _text("A subset of the client's scopes; all of them if absent."),
                        "officer": _text("Departments: the id of the officer for whom the system acts."),
                        "audience": _text("Our own services: the service to be called."),
                        "subject_token": _text("Token exchange: the identification token, or a provider's ID token."),
                        "subject_token_type": _text("Token exchange: which of them.", JWT_TYPE, ID_TOKEN_TYPE),
                    },
                }
            }
        },
    }
}
