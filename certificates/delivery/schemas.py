"""Shapes of the deliveries API, and of what is agreed with the courier."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from certificates.delivery.model import Delivery, Method, State
from shared.schemas import Line, RegionCode, Strict
from shared.texts import has_invisible


def _visible(text: str) -> str:
    if has_invisible(text) or "\n" in text or "\t" in text:
        raise ValueError("one line of what can be seen")
    return text


Said = Annotated[Line, AfterValidator(_visible)]


class Address(Strict):
    """Where to, and to whom. Kept while the paper is under way, and told to the courier alone."""

    recipient: Annotated[Said, Field(max_length=50)]
    phone: Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 -]{4,18}[0-9]$")]
    region: RegionCode
    address: Said


class DeliveryRequest(Strict):
    """By courier, to an address; or kept ready to be picked up."""

    method: Method
    address: Address | None = None

    @model_validator(mode="after")
    def _an_address_for_a_courier(self) -> Self:
        if (self.address is not None) != (self.method == "courier"):
            raise ValueError("an address is for a courier, and a courier needs one")
        return self


class DeliveryView(Strict):
    """Where it stands. The address is not shown again."""

    id: UUID
    certificate: UUID
    method: Method
    state: State
    tracking: str | None
    tries: int
    requested_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        return cls.model_validate({name: getattr(delivery, name) for name in cls.model_fields})


class Parcel(Address):
    """What the courier is told. By `id` it knows what it has taken already."""

    id: UUID


class Progress(Strict):
    """What the courier says of a parcel: whether it was handed over, and how often it was tried in vain."""

    state: Literal["under-way", "delivered"]
    tries: Annotated[int, Field(ge=0, le=100)] = 0
