"""Wallets over HTTP, and what readers of credentials fetch."""

import secrets
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, status
from starlette.responses import Response

from certificates.copies.api import held
from certificates.credentials import queries
from certificates.credentials.commands import issue_credential
from certificates.credentials.errors import CredentialIssuerNotFound, CredentialTypeNotFound
from certificates.credentials.rules.metadata import issuer_metadata, not_compromised, type_metadata
from certificates.credentials.schemas import CredentialRequest, CredentialView, IssuerMetadata, NonceView, TypeMetadata
from certificates.issuing.api import Holder, Looking
from certificates.sealing.rules import revocations_in
from certificates.service import Current
from shared.auth import public
from shared.database import Transaction
from shared.idempotency import IdempotencyKey, once
from shared.ids import new_id
from shared.schemas import Code

router = APIRouter(tags=["wallets"])


@router.post("/v1/credential-nonces", dependencies=[public()])
async def make_credential_nonce(service: Current, response: Response) -> NonceView:
    """A nonce for a wallet's proof of its key. Nothing is kept of it until it is used."""
    response.headers["cache-control"] = "no-store"
    return NonceView(c_nonce=service.nonces.new(secrets.token_bytes(16), at=service.clock()))


@router.post("/v1/certificates/{certificate}/credential", status_code=status.HTTP_201_CREATED)
async def put_into_wallet(
    caller: Holder,
    looking: Looking,
    conn: Transaction,
    service: Current,
    certificate: UUID,
    body: CredentialRequest,
    key: IdempotencyKey,
    response: Response,
) -> CredentialView:
    """The certificate as a credential (SD-JWT VC) bound to the wallet's key: each claim is shown only where its holder
    wants.
    """
    response.headers["cache-control"] = "no-store"
    claimed = new_id()
    operation = f"credential:{certificate}"
    done = await once(conn, caller=caller.sub, operation=operation, key=key, body=body, resource=claimed)
    if done is not None:
        await held(caller, looking, conn, certificate)
        return CredentialView(credential=(await queries.get_credential(conn, done)).credential)
    made = await issue_credential(
        conn,
        certificate,
        body.proof,
        credential=claimed,
        viewer=looking,
        nonces=service.nonces,
        signer=service.signer,
        platform=service.platform,
        zone=service.settings.zone,
        at=service.clock(),
    )
    return CredentialView(credential=made.credential)


@router.get("/v1/credential-types/{kind}", dependencies=[public()])
async def get_credential_type(service: Current, kind: Code, response: Response) -> TypeMetadata:
    """What a type of credential says, by the newest release of the catalogue (SD-JWT VC type metadata)."""
    rules = service.evidence.policy.table.published
    found = next((each for each in rules.kinds if each.code == kind and each.type == "certificate"), None)
    if found is None:
        raise CredentialTypeNotFound
    response.headers["cache-control"] = "public, max-age=3600"
    return type_metadata(found, labels=rules.labels, platform=service.platform)


@router.get("/.well-known/jwt-vc-issuer/departments/{department}", dependencies=[public()])
async def get_credential_issuer(
    service: Current, department: Annotated[Code, Path()], response: Response
) -> IssuerMetadata:
    """A department's keys, for readers that do not go by the certificate in the credential's header."""
    revocations = revocations_in(service.signer.root_crl, service.signer.root_pem)
    certificates = not_compromised(service.signer.certificates().get(department, ()), revocations)
    if not certificates:
        raise CredentialIssuerNotFound
    response.headers["cache-control"] = "public, max-age=300"
    return issuer_metadata(department, certificates, platform=service.platform)
