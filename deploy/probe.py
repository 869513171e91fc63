"""Asks a service whether it is ready: `python -I deploy/probe.py 8000`. Exit status 0 only if it is.

The health check of a container, several times a minute: nothing but the standard library is loaded.
"""

import http.client
import os
import sys
from urllib.parse import urlsplit


def main(port: int) -> int:
    """0 if the service on this port of this machine answers that it is ready; else its reasons are told."""
    # The gateway answers to the platform's own name and to no other.
    name = urlsplit(os.environ.get("ONEVISIT_ISSUER", "")).netloc or "localhost"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", "/readyz", headers={"Host": name})
        response = connection.getresponse()
        status, reasons = response.status, response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        status, reasons = 0, type(error).__name__
    if status != 200:
        sys.stdout.write(f"{reasons}\n")
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
