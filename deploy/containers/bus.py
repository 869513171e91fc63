"""The configuration of the bus in a container: as the embedded one, but encrypted; alone, or as one of three."""

from collections.abc import Mapping
from pathlib import Path

from deploy.embedded.environment import bus_access
from deploy.embedded.home import Home
from deploy.embedded.nats import as_configuration, server_settings

PORT, MONITORING_PORT, ROUTE_PORT = 4222, 8222, 6222
STORE = Path("/data")
TLS = Path("/tls")
# Of a cluster: its servers, and as whom they come to each other.
SERVERS = ("nats-1", "nats-2", "nats-3")
ROUTE_USER = "nats-route"


def bus_configuration(home: Home) -> bytes:
    """What nats-server reads. Whoever does not encrypt is not let in: departments' tokens travel here."""
    return as_configuration(_settings(home)).encode()


def cluster_configuration(home: Home, *, password: str) -> bytes:
    """What each of three servers reads; the command line says which of them it is."""
    return as_configuration(clustered(_settings(home), password=password)).encode()


def clustered(settings: Mapping[str, object], *, password: str) -> dict[str, object]:
    """The same for one of three. Whoever comes as another server is believed in everything, so that each asks who."""
    cluster = {
        "name": "onevisit",
        "listen": f"0.0.0.0:{ROUTE_PORT}",
        "no_advertise": True,
        "authorization": {"user": ROUTE_USER, "password": password, "timeout": 5},
        "routes": [f"nats://{ROUTE_USER}:{password}@{server}:{ROUTE_PORT}" for server in SERVERS],
    }
    return {**settings, "cluster": cluster}


def _settings(home: Home) -> dict[str, object]:
    encryption = {"cert_file": str(TLS / "tls.crt"), "key_file": str(TLS / "tls.key"), "timeout": 5}
    return {
        "listen": f"0.0.0.0:{PORT}",
        # For who is in the container: it asks nobody who they are, and tells who is connected and what they follow.
        "http": f"127.0.0.1:{MONITORING_PORT}",
        "tls": encryption,
        **server_settings(STORE),
        **bus_access(home).configuration(),
    }
