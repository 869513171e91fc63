"""What the gateway is told at start, beside what every service is told."""

from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from shared.settings import ServiceSettings

Name = Literal["public", "read", "write", "verify", "token"]

DEFAULT_LIMITS: dict[Name, dict[str, str]] = {
    "public": {"address": "1200/minute", "party": "600/minute", "client": "60000/minute"},
    "read": {"address": "600/minute", "party": "600/minute", "client": "60000/minute"},
    "write": {"address": "300/minute", "party": "120/minute", "client": "12000/minute"},
    "verify": {"address": "600/minute", "party": "300/minute", "client": "60000/minute"},
    "token": {"address": "600/minute", "party": "60/minute", "client": "6000/minute"},
}


class GatewaySettings(ServiceSettings):
    """Limits, bounds and names of the door."""

    allowed_hosts: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(),
        description="Values of the Host header that are ours, comma-separated; empty: that of the issuer, and "
        "in the embedded profile any port of localhost.",
    )
    edge_networks: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(),
        description="Networks of our own edge, comma-separated, `172.16.0.0/12`. From there alone it is believed "
        "whom `X-Forwarded-For` names last, and that one's allowance is counted.",
    )
    limits: dict[Name, dict[Literal["address", "party", "client"], str]] = Field(
        DEFAULT_LIMITS,  # type: ignore[arg-type]  # the inner keys are literals too
        description="Allowances per budget, for a peer address, a party and a client: `600/minute`.",
    )
    limits_enforced: bool = Field(True, description="Off only to measure the platform itself.")
    max_concurrent: int = Field(1000, ge=1, description="Requests under way in this process; beyond, 503 at once.")
    max_concurrent_per_service: int = Field(250, ge=1, description="Of these, for one service.")
    max_concurrent_per_caller: int = Field(100, ge=1, description="Of these, for one party or department.")
    max_streams: int = Field(2000, ge=1, description="Progress streams and long polls open in this process.")
    max_streams_per_caller: int = Field(32, ge=1, description="Of these, for one party, department or address.")
    connect_seconds: float = Field(2.0, gt=0, description="How long to try to reach a service.")
    read_seconds: float = Field(10.0, gt=0, description="How long a service may take between signs of life.")
    keep_alive_seconds: float = Field(
        4.0, gt=0, description="Idle connections are dropped after this; less than the services'."
    )
    body_seconds: float | None = Field(None, gt=0, description="Overrides how long a client may take to send its body.")

    metrics_address: str | None = Field(
        None,
        pattern=r"^[^\s:]+:[0-9]{1,5}$",
        description="Where the gateway shows its metrics, `host:port`: for the inside, never published. Its public "
        "port shows them in the embedded profile only.",
    )

    def unsafe(self) -> list[str]:
        """As of every service; and nobody but our own edge says for whom it asks."""
        is_everybody = any(ip_network(network).prefixlen == 0 for network in self.edge_networks)
        reason = "ONEVISIT_EDGE_NETWORKS holds every address: anybody's X-Forwarded-For would be believed"
        return [*super().unsafe(), *([reason] if is_everybody else [])]

    @field_validator("allowed_hosts", "edge_networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            frozenset(host.strip().lower() for host in value.split(",") if host.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("edge_networks")
    @classmethod
    def _networks(cls, value: frozenset[str]) -> frozenset[str]:
        for network in value:
            ip_network(network)
        return value
