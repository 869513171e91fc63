"""A signer that goes over to new keys while it works: no signature fails because a key was replaced."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import structlog
from cryptography import x509

from certificates.sealing.directory import SealDirectory, Stamp
from certificates.sealing.errors import NoSealKey, UnsafeSealKey
from certificates.sealing.ports import Signer
from certificates.sealing.rules import revocations_in
from shared.freshness import kept_fresh

T = TypeVar("T")

# Whoever began to sign with a key that was replaced has finished by then: no transaction lasts nearly so long.
GRACE_SECONDS = 600.0
# A directory that never stands still is not being rotated; it is broken.
_MOST_READS = 20
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Generation:
    """What the directory said at one time, and until when its keys are kept; the newest for good."""

    signer: Signer
    until: float | None = None


class RotatingSigner:
    """Signs as the key directory says now. Each answer comes from one immutable reading of it; `refresh` swaps it.

    Keys that a reading replaced go on signing for ten minutes for whoever asked for their certificate before, unless
    they were revoked.
    """

    def __init__(
        self, directory: Path, read: Callable[[], Signer], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._directory = SealDirectory(directory)
        self._read = read
        self._clock = clock
        self._stamp, signer = self._whole()
        self._generations: tuple[_Generation, ...] = (_Generation(signer),)

    @property
    def root_pem(self) -> bytes:
        return self._newest.root_pem

    @property
    def root_crl(self) -> bytes:
        return self._newest.root_crl

    def certificate_of(self, holder: str) -> x509.Certificate:
        return self._newest.certificate_of(holder)

    def certificates(self) -> Mapping[str, tuple[x509.Certificate, ...]]:
        return self._newest.certificates()

    def sign(self, certificate: x509.Certificate, message: bytes) -> bytes:
        generations = self._generations
        newest = generations[0].signer
        if certificate.serial_number in revocations_in(newest.root_crl, newest.root_pem):
            raise NoSealKey(holder=certificate.subject.rfc4514_string())
        for generation in generations[:-1]:
            try:
                return generation.signer.sign(certificate, message)
            except NoSealKey:
                continue
        return generations[-1].signer.sign(certificate, message)

    async def apart(self, work: Callable[[], T]) -> T:
        return await self._newest.apart(work)

    def refresh(self) -> bool:
        """Signs as the directory says now; answers whether it says something new. Reads files: not in an event loop.

        Refuses (UnsafeSealKey) what `read` refuses, and goes on as before.
        """
        now = self._clock()
        kept = tuple(each for each in self._generations if each.until is None or each.until > now)
        if self._directory.stamp() == self._stamp:
            self._generations = kept
            return False
        stamp, signer = self._whole()
        replaced = _Generation(kept[0].signer, until=now + GRACE_SECONDS)
        self._stamp, self._generations = stamp, (_Generation(signer), replaced, *kept[1:])
        return True

    @property
    def _newest(self) -> Signer:
        return self._generations[0].signer

    def _whole(self) -> tuple[Stamp, Signer]:
        """A reading during which nothing was changed, and what the directory looked like."""
        for _ in range(_MOST_READS):
            stamp: Stamp | None = None
            try:
                stamp = self._directory.stamp()
                signer = self._read()
            except (UnsafeSealKey, OSError):
                # A file that was there a moment ago: somebody is at work here. If not, it is what it says.
                if stamp is not None and self._directory.stamp() == stamp:
                    raise
                continue
            if self._directory.stamp() == stamp:
                return stamp, signer
        raise UnsafeSealKey(f"{self._directory.path} is changed all the time")


def followed(signer: Signer, *, seconds: float) -> AbstractAsyncContextManager[None]:
    """While the block lasts, the signer goes over to new keys within so many seconds of their being there."""
    if not isinstance(signer, RotatingSigner):
        return nullcontext()

    async def refresh() -> None:
        try:
            if await asyncio.to_thread(signer.refresh):
                log.info("seal keys read anew")
        except UnsafeSealKey as refusal:
            # With what it says: only whoever runs the service can do something about it.
            log.warning("new seal keys cannot be used; signing goes on with those before", reason=str(refusal))

    return kept_fresh("seal-keys", refresh, seconds=seconds)
