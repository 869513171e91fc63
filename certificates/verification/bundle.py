"""What a verifier without a network goes by: the bundle of `GET /v1/verification-bundle`, and the root. Pure.

Nothing in a bundle is believed for being there: each list is signed by the status office, each seal by the root.
"""

from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509

from certificates.sealing.errors import NotASeal
from certificates.sealing.rules import certificate_from, number_of_crl
from certificates.sealing.schemas import StatusEntry
from certificates.status.errors import NotAStatusList
from certificates.status.rules import Status, StatusList, open_list
from certificates.status.schemas import VerificationBundle
from certificates.verification.errors import BundleRefused, NotGenuine
from certificates.verification.trust import Trust

MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class OpenedBundle:
    """Whom to believe, and the lists, not opened yet: only those are that are asked."""

    trust: Trust
    lists: tuple[str, ...]
    # As of when the first list is.
    made_at: datetime | None = None

    def is_older_than(self, other: "OpenedBundle") -> bool:
        """Whether the other tells of later: of a platform that has lists, none is from before there were any."""
        return other.made_at is not None and (self.made_at is None or self.made_at < other.made_at)

    def status_of(self, entry: StatusEntry, at: datetime) -> tuple[Status, StatusList]:
        """What the lists say of a certificate at this moment, and the list that says so.

        Refuses (BundleRefused) where there is no such list, where it is not genuine, where it is too old, and where it
        was made when there was a newer list of revoked seals than the one here.
        """
        found = _opened(self.lists, entry.list, self.trust, at)
        try:
            return found.status_of(entry.index), found
        except NotAStatusList:
            raise BundleRefused("bundle-wrong") from None


def open_bundle(
    content: bytes, root_pem: bytes, at: datetime, *, anchors: Iterable[x509.Certificate] = ()
) -> OpenedBundle:
    """The bundle in these bytes. Refuses (BundleRefused) what is none of this root's, or not good any more."""
    if len(content) > MAX_BYTES:
        raise BundleRefused("bundle-wrong")
    try:
        bundle = VerificationBundle.model_validate_json(content)
        seals = [certificate_from(b64decode(each, validate=True)) for each in bundle.seals]
        crl = b64decode(bundle.crl, validate=True)
        trust = Trust.of(root_pem, crl=crl, seals=seals, anchors=anchors)
    except (ValueError, NotASeal):
        raise BundleRefused("bundle-wrong") from None
    until = x509.load_der_x509_crl(crl).next_update_utc
    if until is None or at > until:
        raise BundleRefused("bundle-too-old")
    if not bundle.lists:
        return OpenedBundle(trust, bundle.lists)
    # The platform's address is what its lists sign in their names.
    first = _opened(bundle.lists, 0, trust, at)
    return OpenedBundle(replace(trust, platform=first.platform), bundle.lists, first.made_at)


def _opened(lists: tuple[str, ...], number: int, trust: Trust, at: datetime) -> StatusList:
    try:
        found = open_list(lists[number], number, trust.root_pem, at)
        trust.check_not_revoked(found.signed_by, sealed_at=found.made_at)
    except (IndexError, NotGenuine):
        raise BundleRefused("bundle-wrong") from None
    except NotAStatusList as refusal:
        raise BundleRefused("bundle-too-old" if refusal.code == "too-old" else "bundle-wrong") from None
    if trust.crl is None or number_of_crl(trust.crl) < found.crl_number:
        raise BundleRefused("bundle-too-old")
    return found
