"""Putting a certificate into a wallet."""

import secrets
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from uuid import UUID

from cryptography import x509
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.credentials.errors import CertificateNotPresentable, NonceNotValid
from certificates.credentials.model import Credential, credentials
from certificates.credentials.rules import NonceKey, disclosures_of, proven_key, signed_credential
from certificates.credentials.rules.claims import ISSUED_ON, NUMBER, can_be_said
from certificates.credentials.rules.disclosures import SALT_BYTES
from certificates.issuing.errors import CertificateNotFound, CertificateNotSealed
from certificates.issuing.model import Certificate, State
from certificates.issuing.permissions import Viewer
from certificates.issuing.queries import lock_certificate
from certificates.sealing.commands import note_uses
from certificates.sealing.errors import NoSealKey
from certificates.sealing.model import Form
from certificates.sealing.ports import Signer
from certificates.sealing.rules import credit_code_of, was_valid
from shared.clock import legal_date
from shared.database import translate


async def issue_credential(
    conn: AsyncConnection,
    certificate: UUID,
    proof: str,
    *,
    credential: UUID,
    viewer: Viewer,
    nonces: NonceKey,
    signer: Signer,
    platform: str,
    zone: str,
    at: datetime,
) -> Credential:
    """The certificate is in the form of a credential for the wallet that proves its key; on record with the key's use.

    Refuses whoever may not hold the certificate (CertificateNotFound), one that nobody here sealed
    (CertificateNotSealed), that is not in force or cannot be said (CertificateNotPresentable), a proof that does not
    hold (KeyProofNotValid, NonceNotValid) or was used, and the lack of the department's seal (NoSealKey).
    """
    held = await lock_certificate(conn, certificate)
    if not viewer.may_hold(held.holder):
        raise CertificateNotFound
    if held.seal is None:
        raise CertificateNotSealed
    seal = signer.certificate_of(held.issuer)
    if not was_valid(seal, at):
        raise NoSealKey(holder=held.issuer)
    _check_presentable(held, seal, day=legal_date(at, zone))
    key, nonce = proven_key(proof, audience=platform, at=at)
    answered = nonces.check(nonce, at=at)
    salts = [secrets.token_bytes(SALT_BYTES) for _ in (*held.claims, NUMBER, ISSUED_ON)]
    sealed = partial(
        signed_credential,
        held,
        disclosures=disclosures_of(held, salts=salts),
        key=key,
        platform=platform,
        zone=zone,
        certificate=seal,
        sign=partial(signer.sign, seal),
        at=at,
    )
    text = await signer.apart(sealed)
    made = Credential(credential, held.id, key.imported().thumbprint(), answered, text, at)
    with translate({"uq_credentials_nonce": NonceNotValid}):
        await conn.execute(insert(credentials).values(asdict(made)))
    await note_uses(conn, Form.CREDENTIAL, [(held.issuer, seal, held.id)], at=at)
    return made


def _check_presentable(held: Certificate, seal: x509.Certificate, *, day: date) -> None:
    if held.state is not State.VALID:
        raise CertificateNotPresentable(state=held.state)
    if held.valid_until is not None and day > held.valid_until:
        raise CertificateNotPresentable(state=State.EXPIRED)
    if not can_be_said(held, credit_code=credit_code_of(seal)):
        raise CertificateNotPresentable("What it says cannot be said in this form.", state=held.state)
