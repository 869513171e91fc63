"""An ID token of a provider becomes what a token of ours says. The provider is asked for its keys before, and outside
of, the transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from hashlib import sha256

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.federation import commands, rules
from identity.federation.errors import SignInRefused
from identity.federation.ports import PublishedKeys
from identity.federation.providers import Provider, SignsIn
from identity.federation.rules import SignIn
from identity.tokens.commands import EXCHANGE, ID_TOKEN_TYPE, Outside
from identity.tokens.errors import InvalidGrant, InvalidRequest, UnauthorizedClient
from identity.tokens.rules import Client, ClientKind, required
from identity.vault import Vault
from shared.clock import Clock, legal_date
from shared.jose import Claims

# Whom a client of this kind may bring along.
BRINGS: Mapping[ClientKind, SignsIn] = {"app": "people", "department": "officers"}
log = structlog.get_logger(__name__)


class Federation:
    """The providers that are configured, and what a token of theirs is good for."""

    def __init__(
        self, providers: tuple[Provider, ...], vault: Vault, clock: Clock, *, zone: str, max_age_years: int
    ) -> None:
        self._providers = {provider.issuer: (provider, PublishedKeys(provider, clock)) for provider in providers}
        self._vault = vault
        self._zone = zone
        self._max_age_years = max_age_years

    def signs_in(self, whom: SignsIn) -> list[str]:
        """The issuers of those who sign them in."""
        return [issuer for issuer, (provider, _) in self._providers.items() if provider.signs_in == whom]

    async def prepared(self, form: Mapping[str, str], *, client: Client, at: datetime) -> Outside | None:
        """What is left to do inside the transaction of an exchange of an ID token; None for every other request.

        Refuses (InvalidGrant) a token that is not good here; 503 where its provider has not been heard of for an hour.
        """
        if form.get("grant_type") != EXCHANGE or form.get("subject_token_type") != ID_TOKEN_TYPE:
            return None
        if not self._providers:
            raise InvalidRequest("The subject_token_type is not supported.")
        if client.kind not in BRINGS:
            raise UnauthorizedClient
        token = required(form, "subject_token")
        try:
            signed_in = await self._signed_in(token, client=client, at=at)
        except SignInRefused as refusal:
            log.info("sign-in refused", reason=refusal.reason, client=client.client_id)
            raise InvalidGrant from None
        # Of what is signed alone: beside every ECDSA signature there is another that anybody can make from it.
        fingerprint = sha256(token.rpartition(".")[0].encode()).hexdigest()
        return partial(self._claims, signed_in, client, fingerprint, at)

    async def close(self) -> None:
        """No connection to a provider is left open."""
        for _, keys in self._providers.values():
            await keys.close()

    async def _signed_in(self, token: str, *, client: Client, at: datetime) -> SignIn:
        said = rules.peek(token)
        provider, keys = self._providers.get(said.issuer, (None, None))
        if provider is None or keys is None or provider.signs_in != BRINGS[client.kind]:
            raise SignInRefused("an issuer that is not configured")
        rules.check_algorithm(provider, said.alg)
        key = rules.key_for(await keys.find(said.kid), said.alg)
        claims = rules.opened(token, key, alg=said.alg)
        return rules.sign_in(claims, provider=provider, client_id=client.client_id, at=at)

    async def _claims(
        self, signed_in: SignIn, client: Client, fingerprint: str, at: datetime, conn: AsyncConnection
    ) -> Claims:
        await commands.use_up(conn, signed_in, fingerprint=fingerprint)
        if client.kind == "department":
            return await commands.sign_in_officer(conn, signed_in, client=client, vault=self._vault)
        return await commands.sign_in_person(
            conn,
            signed_in,
            client=client,
            vault=self._vault,
            today=legal_date(at, self._zone),
            max_age_years=self._max_age_years,
            at=at,
        )
