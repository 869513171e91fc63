"""The configuration of the bus in a container: as the embedded one, but encrypted."""

from pathlib import Path

from deploy.embedded.environment import bus_access
from deploy.embedded.home import Home
from deploy.embedded.nats import as_configuration, server_settings

PORT, MONITORING_PORT = 4222, 8222
STORE = Path("/data")
TLS = Path("/tls")


def bus_configuration(home: Home) -> bytes:
    """What nats-server reads. Whoever does not encrypt is not let in: departments' tokens travel here."""
    encryption = {"cert_file": str(TLS / "tls.crt"), "key_file": str(TLS / "tls.key"), "timeout": 5}
    settings = {
        "listen": f"0.0.0.0:{PORT}",
        "http": f"0.0.0.0:{MONITORING_PORT}",
        "tls": encryption,
        **server_settings(STORE),
        **bus_access(home).configuration(),
    }
    return as_configuration(settings).encode()
