"""Who carries paper: a courier (EMS and the like), by HTTP; or nobody, in tests and on one machine.

Agreed with the courier, under the operator's token:
`POST /parcels` `Parcel` → 200 or 201 `{"tracking"}`, and the same again for the same `id`; 422: not to that address.
`GET /parcels/{id}` → 200 `Progress`.
"""

from typing import Annotated, Protocol, TypeVar
from uuid import UUID

import httpx2
from pydantic import BaseModel, StringConstraints, ValidationError

from certificates.delivery.errors import CourierAway, ParcelRefused
from certificates.delivery.schemas import Parcel, Progress

TIMEOUT = httpx2.Timeout(10.0, connect=2.0)
Shape = TypeVar("Shape", bound=BaseModel)


class Courier(Protocol):
    """Carries parcels, each known by our id. Refuses (CourierAway) whatever cannot be said now."""

    async def dispatch(self, parcel: Parcel) -> str:
        """The courier's own number for the parcel; the same one however often this is asked.

        Refuses (ParcelRefused) an address that is not served.
        """
        ...

    async def progress(self, parcel: UUID) -> Progress:
        """How far a parcel has come that was dispatched."""
        ...


class _Taken(BaseModel):
    tracking: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,64}$")]


class HttpCourier:
    """A courier elsewhere."""

    def __init__(self, http: httpx2.AsyncClient, url: str, *, token: str) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    async def dispatch(self, parcel: Parcel) -> str:
        reply = await self._ask("POST", "/parcels", parcel.model_dump_json().encode())
        if reply.status_code == 422:
            raise ParcelRefused
        return _read(reply, _Taken).tracking

    async def progress(self, parcel: UUID) -> Progress:
        return _read(await self._ask("GET", f"/parcels/{parcel}"), Progress)

    async def _ask(self, method: str, path: str, content: bytes | None = None) -> httpx2.Response:
        try:
            return await self._http.request(
                method, self._url + path, content=content, headers=self._headers, timeout=TIMEOUT
            )
        except httpx2.HTTPError:
            # Its text may name what was sent.
            raise CourierAway("does not answer") from None


def _read(reply: httpx2.Response, shape: type[Shape]) -> Shape:
    if not reply.is_success:
        raise CourierAway(f"answers {reply.status_code}")
    try:
        return shape.model_validate_json(reply.content, extra="ignore")
    except ValidationError:
        raise CourierAway("answers in another form") from None


class NullCourier:
    """Takes every parcel but those to `refused` regions. It has come as far as it is told, or `delivers` at once."""

    def __init__(self, *, delivers: bool = False) -> None:
        self._delivers = delivers
        self.taken: dict[UUID, Parcel] = {}
        self.come: dict[UUID, Progress] = {}
        self.refused: set[str] = set()
        self.away = False

    async def dispatch(self, parcel: Parcel) -> str:
        if self.away:
            raise CourierAway("does not answer")
        if parcel.region in self.refused:
            raise ParcelRefused
        self.taken.setdefault(parcel.id, parcel)
        return f"NULL-{parcel.id.hex[:16]}"

    async def progress(self, parcel: UUID) -> Progress:
        if self.away or parcel not in self.taken:
            raise CourierAway("does not answer")
        return self.come.get(parcel, Progress(state="delivered" if self._delivers else "under-way"))
