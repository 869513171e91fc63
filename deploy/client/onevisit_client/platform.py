"""The platform's public API, as a department calls it."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from onevisit_client.events import Event
from onevisit_client.shapes import Heads, Page, Subscription
from onevisit_client.tokens import ClientCredentials, Tokens, TokenSource
from onevisit_client.transport import Transport

Json = dict[str, Any]


class Platform:
    """One platform, as one department.

        async with Platform("https://onevisit.example", credentials) as platform:
            worklist = await platform.cases(state="received")

    `token` gives access tokens: an async callable, or `ClientCredentials`. Every call raises `PlatformRefused` where
    the platform says no, and `PlatformUnavailable` where it does not answer. A call with a `key` may be repeated with
    the same key: it is one act. `trust_env=False` leaves out the proxies that the environment names.
    """

    def __init__(self, url: str, token: TokenSource | ClientCredentials, *, trust_env: bool = True) -> None:
        self._transport = Transport(url, token, trust_env=trust_env)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """No connection is left open."""
        await self._transport.http.aclose()

    @property
    def tokens(self) -> Tokens:
        """The access tokens: what is good here opens the bus as well."""
        return self._transport.tokens

    @property
    def is_encrypted(self) -> bool:
        """Whether the token travels encrypted to the platform; then it goes nowhere in clear text."""
        return bool(self._transport.http.base_url.scheme == "https")

    # --- events -------------------------------------------------------------------------------------------------

    async def subscribe(self, name: str, topics: Sequence[str]) -> Subscription:
        """There is a subscription of this name for these topics; made if it was not there. Safe to repeat."""
        return Subscription.of(await self._transport.post("/v1/subscriptions", {"name": name, "topics": list(topics)}))

    async def subscription(self, name: str) -> Subscription:
        """How a subscription stands."""
        return Subscription.of(await self._transport.get(f"/v1/subscriptions/{_part(name)}"))

    async def subscriptions(self) -> list[Subscription]:
        """All subscriptions of the department."""
        found: list[Subscription] = []
        query: dict[str, str] = {}
        while True:
            page = await self._transport.get("/v1/subscriptions", query)
            found += [Subscription.of(item) for item in page["items"]]
            if page.get("next") is None:
                return found
            query = {"after": page["next"]}

    async def unsubscribe(self, name: str) -> None:
        """The subscription is gone; one of the same name begins at the first event again."""
        await self._transport.delete(f"/v1/subscriptions/{_part(name)}")

    async def events(self, topics: Sequence[str], *, after: str | None = None, wait: int = 0, limit: int = 500) -> Page:
        """The next events of the feed, oldest first; from the beginning without `after`. Waits up to 25 s for one."""
        query: dict[str, Any] = {"topic": list(topics), "limit": limit, "wait": wait}
        if after is not None:
            query["after"] = after
        body = await self._transport.get("/v1/events", query, seconds=wait)
        return Page([Event.of(item) for item in body["items"]], body["next"], body.get("unavailable") or ())

    async def heads(self, topics: Sequence[str]) -> Heads:
        """The last sequence and the running hash of every topic of these filters."""
        return Heads.of(await self._transport.get("/v1/events/heads", {"topic": list(topics)}))

    # --- evidence, records, parties -----------------------------------------------------------------------------

    async def duties(self) -> list[Json]:
        """The standing duties that are published: whose, by which law, and what may be read for them."""
        return list((await self._transport.get("/v1/duties"))["items"])

    async def duty_grant(
        self, duty: str, parties: Sequence[str], kinds: Sequence[str], *, reference: str | None = None
    ) -> Json:
        """`{grant, expires_at}`: a published standing duty, put to use for these parties and kinds.

        `reference` is the department's own case: a notice about evidence used under the grant names it.
        """
        body: Json = {"duty": duty, "parties": list(parties), "kinds": list(kinds)}
        if reference is not None:
            body["reference"] = reference
        return await self._object("/v1/duty-grants", body)

    async def search_evidence(self, wants: Sequence[Mapping[str, Any]], grant: str) -> Json:
        """`{evidence, unavailable}` of many parties in one call; a want is `{party, kinds}`. The read is on record."""
        return await self._object("/v1/evidence/search", {"wants": list(wants), "grant": grant})

    async def file_record(
        self, kind: str, party: str, claims: Mapping[str, Any], *, valid_from: str | None = None, key: str | None = None
    ) -> Json:
        """What the department holds about a party is on file."""
        body: Json = {"kind": kind, "party": party, "claims": dict(claims)}
        if valid_from is not None:
            body["valid_from"] = valid_from
        return await self._object("/v1/records", body, key=key)

    async def correct_record(
        self, record: str, claims: Mapping[str, Any], reason: str, *, key: str | None = None
    ) -> Json:
        """A new version of a record holds, with all its claims."""
        body = {"claims": dict(claims), "reason": reason}
        return await self._object(f"/v1/records/{_part(record)}/corrections", body, key=key)

    async def resolve_parties(
        self, id_numbers: Sequence[str], *, duty: str | None = None, grant: str | None = None
    ) -> list[str | None]:
        """The parties of these identity numbers, in their order; None for who is unknown or outside the grant.

        Without a grant a standing duty of the department is the reason: the one named, or its only one.
        """
        body: Json = {"parties": [{"id_number": number} for number in id_numbers]}
        body |= {"purpose": "duty"} if grant is None else {"purpose": "case", "grant": grant}
        if duty is not None:
            body["duty"] = duty
        found = await self._object("/v1/parties/resolve", body)
        return [item["party"] for item in found["items"]]

    # --- cases --------------------------------------------------------------------------------------------------

    async def cases(
        self, *, state: str | None = None, item: str | None = None, after: str | None = None, limit: int = 20
    ) -> Json:
        """`{items, next}`: the department's worklist, oldest first."""
        asked = {"state": state, "item": item, "after": after, "limit": limit}
        query = {name: value for name, value in asked.items() if value is not None}
        return dict(await self._transport.get("/v1/cases", query))

    async def case(self, case: str) -> Json:
        """The file of a case: fields with their sources, suggested claims, and a grant to read its evidence."""
        return dict(await self._transport.get(f"/v1/cases/{_part(case)}"))

    async def accept(self, case: str) -> Json:
        """The application is accepted, and the promised time runs."""
        return await self._object(f"/v1/cases/{_part(case)}/acceptance", {})

    async def decide(
        self,
        case: str,
        outcome: str,
        *,
        claims: Sequence[Mapping[str, Any]] = (),
        reasons: str | None = None,
        remedies: str | None = None,
        key: str | None = None,
    ) -> Json:
        """`granted`, with the claims that do not follow from what is known; or `denied`, with reasons and remedies."""
        said = {"outcome": outcome, "claims": list(claims), "reasons": reasons, "remedies": remedies}
        body = {name: value for name, value in said.items() if value}
        return await self._object(f"/v1/cases/{_part(case)}/decision", body, key=key)

    async def _object(self, path: str, body: object, *, key: str | None = None) -> Json:
        return dict(await self._transport.post(path, body, key=key))


def _part(given: str) -> str:
    """One part of a path and nothing more, whatever was given: an id may have come from anywhere."""
    return quote(str(given), safe="").replace(".", "%2E")
