"""What the edge is told besides deploy/nginx/nginx.conf: by which names the platform is reached."""

import re
from collections.abc import Sequence

from deploy.embedded.errors import LaunchError

_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def hosts_configuration(hosts: Sequence[str]) -> bytes:
    """The names that the edge answers to; every other name is refused before a certificate is shown."""
    return f"server_name {' '.join(hosts)};\n".encode()


def read_hosts(text: str) -> list[str]:
    """Host names, separated by commas; refuses what is none."""
    hosts = [host.strip().lower() for host in text.split(",") if host.strip()]
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise LaunchError(f"{host!r} is no host name")
    if not hosts:
        raise LaunchError("Name the host by which the platform is reached: --host onevisit.example")
    return hosts
