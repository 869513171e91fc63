"""Whom a verifier believes: the platform's root, what that issued, and what it has revoked since. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from cryptography import x509

from certificates.sealing.errors import NotASeal
from certificates.sealing.ports import Signer
from certificates.sealing.rules import Revocation, is_seal_of, revocations_in, thumbprint_of
from certificates.verification.errors import NotGenuine

ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Trust:
    """The root, the seals that are known by the name of their key (RFC 7638), and the root's revocations.

    `anchors` issued time-stamping authorities elsewhere, for PDFs; the platform's own are the root's. `platform` is its
    public address: what a QR code leads to.
    """

    root_pem: bytes
    root: x509.Certificate
    crl: bytes | None = None
    revoked: Mapping[int, Revocation] = field(default_factory=dict)
    seals: Mapping[str, x509.Certificate] = field(default_factory=dict)
    anchors: tuple[x509.Certificate, ...] = ()
    platform: str | None = None
    # In which legal days are counted.
    zone: str = ZONE

    @classmethod
    def of(
        cls,
        root_pem: bytes,
        *,
        crl: bytes | None = None,
        seals: Iterable[x509.Certificate] = (),
        anchors: Iterable[x509.Certificate] = (),
        platform: str | None = None,
        zone: str = ZONE,
    ) -> Self:
        """Refuses (NotASeal) a list of revoked certificates and seals that are not this root's."""
        root = x509.load_pem_x509_certificate(root_pem)
        known = {thumbprint_of(each): each for each in seals}
        if not all(is_seal_of(root, each) for each in known.values()):
            raise NotASeal("a seal of another root")
        revoked = {} if crl is None else revocations_in(crl, root_pem)
        return cls(root_pem, root, crl, revoked, known, tuple(anchors), platform, zone)

    def check_not_revoked(
        self, seal: x509.Certificate, *, sealed_at: datetime | None, dated_at: datetime | None = None
    ) -> None:
        """Refuses (NotGenuine) what was sealed with a certificate that was revoked by then.

        When it was sealed is the sealing key's own claim. A key that may be in wrong hands is believed about no
        instant: then it counts if somebody else says that it was there before (`dated_at`).
        """
        entry = self.revoked.get(seal.serial_number)
        if entry is None:
            return
        said = dated_at if entry.is_compromise else sealed_at
        is_late = said is not None and said >= entry.at
        if is_late or (entry.is_compromise and dated_at is None):
            raise NotGenuine("seal-revoked")


class Believed:
    """What this process believes: as its signer has it, made anew where that has changed."""

    def __init__(self, signer: Signer, *, platform: str, zone: str, anchors: Iterable[x509.Certificate] = ()) -> None:
        self._signer = signer
        self._platform = platform
        self._zone = zone
        self._anchors = tuple(anchors)
        self._said: tuple[bytes, bytes, Mapping[str, tuple[x509.Certificate, ...]]] | None = None
        self._trust: Trust

    def now(self) -> Trust:
        """The root and all its seals of today and before, as of this moment."""
        said = (self._signer.root_pem, self._signer.root_crl, self._signer.certificates())
        if said != self._said:
            root_pem, crl, held = said
            seals = [certificate for of_one in held.values() for certificate in of_one]
            self._trust = Trust.of(
                root_pem, crl=crl, seals=seals, anchors=self._anchors, platform=self._platform, zone=self._zone
            )
            self._said = said
        return self._trust
