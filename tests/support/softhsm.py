"""A token in software (SoftHSM2), empty, for one test. Skips where it is not installed: `apt-get install softhsm2`.

def test_something(softhsm: SoftHsm) -> None:
    token = softhsm.token()
"""

import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

import pkcs11
import pytest

from certificates.sealing.hsm import Token
from tests.support.programs import lacking

_PLACES = ("/usr/lib/softhsm", "/usr/lib64/softhsm", "/usr/local/lib/softhsm", "/usr/lib64/pkcs11")
LABEL = "onevisit tests"
PIN = b"123456"


class SoftHsm:
    """An initialised token; `away` takes it from its slot until `back`."""

    def __init__(self, module: Path, directory: Path) -> None:
        self.module = module
        self._tokens = directory / "tokens"
        self._tokens.mkdir()
        self.configuration = directory / "softhsm2.conf"
        self.configuration.write_text(f"directories.tokendir = {self._tokens}\nlog.level = ERROR\n")
        self.pin_file = directory / "pin"
        self.pin_file.write_bytes(PIN)

    def initialise(self) -> None:
        pin = PIN.decode()
        command = ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--pin", pin, "--so-pin", pin]
        subprocess.run(command, check=True, capture_output=True)

    def token(self, *, pin: bytes = PIN, patience_seconds: float = 30) -> Token:
        return Token(self.module, LABEL, pin=pin, patience_seconds=patience_seconds)

    def forget_sessions(self) -> None:
        """What a restart of the device or its driver does to everybody who had a session."""
        pkcs11.lib(str(self.module)).reinitialize()

    def away(self) -> None:
        self._tokens.rename(self._tokens.with_name("away"))

    def back(self) -> None:
        self._tokens.with_name("away").rename(self._tokens)


@pytest.fixture
def softhsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[SoftHsm]:
    """A token of the test's own."""
    found = [path for place in _PLACES if (path := Path(place, "libsofthsm2.so")).exists()]
    if not found or shutil.which("softhsm2-util") is None:
        lacking("softhsm2", package="softhsm2")
    directory = tmp_path / "softhsm"
    directory.mkdir()
    made = SoftHsm(found[0], directory)
    # Read by the library whenever it is initialised.
    monkeypatch.setenv("SOFTHSM2_CONF", str(made.configuration))
    made.initialise()
    yield made
    pkcs11.lib(str(made.module)).finalize()
