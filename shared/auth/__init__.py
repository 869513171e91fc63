"""Who is calling, and may they call this. Verified by every service itself, on the matched route."""

from shared.auth.caller import Caller, CallerKind
from shared.auth.guard import Public, Requires, RequiresByKind, public, requires, requires_by_kind
from shared.auth.revocations import Revocations
from shared.auth.service_tokens import ServiceTokens
from shared.auth.verifier import TokenVerifier

__all__ = [
    "Caller",
    "CallerKind",
    "Public",
    "Requires",
    "RequiresByKind",
    "Revocations",
    "ServiceTokens",
    "TokenVerifier",
    "public",
    "requires",
    "requires_by_kind",
]
