"""What lies in a key directory, and how it changes so that a reader at any instant, or after a crash, finds it whole.

    root.pem root.crl                        the root's certificate and its list of revoked ones
    departments/<code>.pem                   the seal by which a department signs now; platform/<office>.pem likewise
    departments/<code>-<serial>.key          the key of that certificate, or `.token`, which says in which token it lies
    departments/retired/<code>-<serial>.pem  seals that sign no more: what they signed must stay verifiable

`<code>.pem` is replaced last and in one step, and names its key by its serial number: there is no instant at which
certificate and key do not belong together. `root.key` may lie elsewhere.
"""

import fcntl
import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from certificates.sealing.authority import Office
from certificates.sealing.errors import UnsafeSealKey

ROOT_FILE = "root.pem"
ROOT_KEY_FILE = "root.key"
CRL_FILE = "root.crl"
_DEPARTMENTS = "departments"
_PLATFORM = "platform"
_RETIRED = "retired"

Stamp = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Seals:
    """What a key directory says at one instant; no key is in it."""

    root_pem: bytes
    root_crl: bytes
    current: Mapping[str, x509.Certificate]
    retired: Mapping[str, tuple[x509.Certificate, ...]]


@dataclass(frozen=True, slots=True)
class SealDirectory:
    """A key directory, whether it exists yet or not."""

    path: Path

    @property
    def root(self) -> Path:
        return self.path / ROOT_FILE

    @property
    def crl(self) -> Path:
        return self.path / CRL_FILE

    def certificate(self, holder: str) -> Path:
        """Where the certificate is by which this holder signs now."""
        if holder in set(Office):
            return self.path / _PLATFORM / f"{holder.partition(':')[2]}.pem"
        return self.path / _DEPARTMENTS / f"{holder}.pem"

    def key(self, holder: str, serial: int) -> Path:
        """Where the key of the certificate with this serial number is, if it is a file."""
        return self._named(holder, serial, ".key")

    def token_mark(self, holder: str, serial: int) -> Path:
        """The file that says that the key is in a token, and in which (RFC 7512)."""
        return self._named(holder, serial, ".token")

    def retired(self, holder: str, serial: int) -> Path:
        """Where the certificate lies once it signs no more."""
        return self.certificate(holder).parent / _RETIRED / self._named(holder, serial, ".pem").name

    def holders(self) -> list[str]:
        """Who has a seal now: offices of the platform, then departments."""
        departments = sorted(path.stem for path in (self.path / _DEPARTMENTS).glob("*.pem"))
        return [office.value for office in Office if self.certificate(office).exists()] + departments

    def read(self) -> Seals:
        """Everything but the keys. Refuses (UnsafeSealKey) where no directory of ours is."""
        if not self.root.exists() or not self.crl.exists():
            raise UnsafeSealKey(f"{self.path} is no key directory; make one with: onevisit keys init")
        current = {holder: load_certificate(self.certificate(holder)) for holder in self.holders()}
        retired: dict[str, tuple[x509.Certificate, ...]] = {}
        for holder, certificate in self._all_retired():
            retired[holder] = (*retired.get(holder, ()), certificate)
        return Seals(self.root.read_bytes(), self.crl.read_bytes(), current, retired)

    def stamp(self) -> Stamp:
        """Differs whenever a file was made, replaced or removed."""
        found = ((str(path), path.stat()) for path in sorted(self._files()))
        return tuple((name, status.st_ino, status.st_mtime_ns, status.st_size) for name, status in found)

    @contextmanager
    def changing(self) -> Generator[None]:
        """The directory exists and nobody else changes it meanwhile. Readers need no lock."""
        for part in (_DEPARTMENTS, _PLATFORM):
            (self.path / part / _RETIRED).mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.path / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _named(self, holder: str, serial: int, suffix: str) -> Path:
        certificate = self.certificate(holder)
        return certificate.with_name(f"{certificate.stem}-{serial:x}{suffix}")

    def _all_retired(self) -> Iterator[tuple[str, x509.Certificate]]:
        for office in Office:
            for path in sorted((self.path / _PLATFORM / _RETIRED).glob(f"{self.certificate(office).stem}-*.pem")):
                yield office.value, load_certificate(path)
        for path in sorted((self.path / _DEPARTMENTS / _RETIRED).glob("*.pem")):
            yield path.stem.rpartition("-")[0], load_certificate(path)

    def _files(self) -> Iterator[Path]:
        yield from (path for path in (self.root, self.crl) if path.exists())
        for part in (_DEPARTMENTS, _PLATFORM):
            yield from (path for path in (self.path / part).rglob("[!.]*") if path.is_file())


def load_certificate(path: Path) -> x509.Certificate:
    """The certificate in a file."""
    return x509.load_pem_x509_certificate(path.read_bytes())


def read_secret(path: Path) -> bytes:
    """A passphrase or PIN: the file's first line. Refuses (UnsafeSealKey) where there is none."""
    try:
        secret = path.read_bytes().partition(b"\n")[0].strip()
    except OSError as error:
        raise UnsafeSealKey(f"{path} cannot be read ({error.strerror})") from None
    if not secret:
        raise UnsafeSealKey(f"{path} is empty")
    return secret


def write_file(path: Path, content: bytes, *, mode: int) -> None:
    """The file holds exactly this, and nobody ever sees a part of it."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    # Without this a power cut may keep a later rename and lose an earlier one.
    descriptor = os.open(path.parent, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
