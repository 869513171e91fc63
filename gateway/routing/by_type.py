"""Routes that several services have alike: the query says which type of evidence it is about."""

from collections.abc import Mapping
from urllib.parse import parse_qs

from gateway.edge.model import Exchange
from gateway.routing.model import ServiceName
from gateway.routing.proxy import Forwarder
from gateway.upstreams.pool import Upstream
from shared.contracts.evidence import EvidenceType
from shared.errors import Invalid

HOLDERS: Mapping[EvidenceType, ServiceName] = {"certificate": "certificates", "record": "records"}
MAX_PARAMETERS = 16


class ByType(Forwarder):
    """Answers the routes that name a `type`."""

    def upstream_of(self, exchange: Exchange) -> Upstream:
        """The service that holds this type. Refuses (Invalid) a query that does not name exactly one."""
        try:
            given = parse_qs(exchange.query.decode("ascii"), max_num_fields=MAX_PARAMETERS).get("type", [])
        except ValueError:
            given = []
        holders = [service for held, service in HOLDERS.items() if given == [held]]
        if not holders:
            raise Invalid(errors=[{"pointer": "/query/type", "reason": f"one of {', '.join(HOLDERS)}"}])
        return self.upstreams[holders[0]]
