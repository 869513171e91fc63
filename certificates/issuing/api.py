"""Certificates over HTTP: for their holders, for who represents them, and for the departments that issued them."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query
from starlette.responses import Response

from certificates.issuing import queries
from certificates.issuing.commands import (
    Act,
    Press,
    change_certificate,
    operate,
    renew_certificate,
    transfer_back,
    transfer_in,
    transfer_out,
)
from certificates.issuing.errors import CertificateNotFound
from certificates.issuing.model import Operation, State
from certificates.issuing.permissions import Viewer
from certificates.issuing.schemas import (
    ActRequest,
    CertificateView,
    ChangeRequest,
    Lawful,
    RenewalRequest,
    TransferBackRequest,
    TransferInRequest,
    TransferRequest,
)
from certificates.sealing.rules import sealed_file
from certificates.service import Current
from shared.auth import Caller, requires, requires_by_kind
from shared.database import Read, Transaction
from shared.idempotency import IdempotencyKey, once
from shared.ids import random_id
from shared.pagination import After, Limit, Page, decode_cursor, encode_cursor
from shared.representation import open_representation
from shared.schemas import Code, Text

router = APIRouter(prefix="/v1/certificates", tags=["certificates"])

Holder = Annotated[Caller, requires("applicant", kinds=["person"])]
Issuer = Annotated[Caller, requires("certificates:manage", kinds=["department"])]
Either = Annotated[Caller, requires_by_kind({"person": "applicant", "department": "certificates:manage"})]
Representation = Annotated[
    str | None,
    Header(max_length=8192, description="`statement` of `GET /v1/me/representations`, to act for somebody else."),
]


async def viewer(caller: Either, service: Current, representation: Representation = None) -> Viewer:
    """Who is looking: a person stands for themselves, and for those whom identity states that they represent."""
    if caller.kind == "department":
        return Viewer(department=caller.department)
    parties = {caller.party}
    if representation is not None:
        issuer, at = service.settings.issuer, service.clock()
        stated = await open_representation(
            representation, of=caller.party, keys=service.identity_keys, issuer=issuer, at=at
        )
        parties.update(stated.may_act_for)
    return Viewer(parties=frozenset(parties))


Looking = Annotated[Viewer, Depends(viewer)]


@router.get("")
async def list_certificates(
    caller: Holder,
    looking: Looking,
    conn: Read,
    holder: Annotated[Literal["me"] | UUID, Query(description="`me`, or a party whom you represent.")] = "me",
    kind: Code | None = None,
    state: State | None = None,
    limit: Limit = 20,
    after: After = None,
) -> Page[CertificateView]:
    """The certificates of one holder, newest first, whatever their state unless `state` says which."""
    party = caller.party if holder == "me" else holder
    if not looking.may_hold(party):
        raise CertificateNotFound
    rows = await queries.list_of_holder(conn, party, kind=kind, state=state, limit=limit, after=decode_cursor(after))
    return Page[CertificateView].of(
        rows, limit=limit, show=CertificateView.of, key=lambda row: encode_cursor(row.issued_at, row.id)
    )


@router.get("/{certificate}")
async def get_certificate(looking: Looking, conn: Read, certificate: UUID) -> CertificateView:
    """Number, kind, dates and state. What it says about its holder is in the document."""
    found = await queries.find_certificate(conn, certificate)
    if found is None or not looking.may_see(holder=found.holder, issuer=found.issuer, receiver=found.transferred_to):
        raise CertificateNotFound
    return CertificateView.of(found)


@router.get("/{certificate}/document")
async def get_certificate_document(
    looking: Looking, conn: Read, certificate: UUID, accept: Annotated[str, Header()] = ""
) -> Response:
    """The sealed document `{"certificate", "seal"}`, to be kept byte for byte; its bare seal as `application/jose`."""
    found = await queries.find_certificate(conn, certificate)
    if found is None or not looking.may_hold(found.holder):
        raise CertificateNotFound
    headers = {"cache-control": "private, no-store", "vary": "accept"}
    if accept.startswith("application/jose"):
        return Response(found.sealed, media_type="application/jose", headers=headers)
    return Response(sealed_file(found.sealed), media_type="application/json", headers=headers)


@router.post("/{certificate}/withholding")
async def withhold_certificate(
    caller: Issuer, conn: Transaction, service: Current, certificate: UUID, body: ActRequest, key: IdempotencyKey
) -> CertificateView:
    """Take it out of use for a time (暂扣)."""
    return await _operate(conn, Operation.WITHHOLDING, certificate, body, caller=caller, key=key, service=service)


@router.post("/{certificate}/reinstatement")
async def reinstate_certificate(
    caller: Issuer, conn: Transaction, service: Current, certificate: UUID, body: ActRequest, key: IdempotencyKey
) -> CertificateView:
    """Give a withheld one back (暂扣发还)."""
    return await _operate(conn, Operation.REINSTATEMENT, certificate, body, caller=caller, key=key, service=service)


@router.post("/{certificate}/revocation")
async def revoke_certificate(
    caller: Issuer, conn: Transaction, service: Current, certificate: UUID, body: ActRequest, key: IdempotencyKey
) -> CertificateView:
    """End it: revoked (撤销), cancelled (注销) or withdrawn as a penalty (吊销), as the ground says."""
    return await _operate(conn, Operation.REVOCATION, certificate, body, caller=caller, key=key, service=service)


@router.post("/{certificate}/renewal", status_code=201)
async def renew_a_certificate(
    caller: Issuer, conn: Transaction, service: Current, certificate: UUID, body: RenewalRequest, key: IdempotencyKey
) -> CertificateView:
    """Let it go on (延续): its next version, until a later day. The old one is expired at the same instant."""
    successor = random_id()
    made = await _once(conn, Operation.RENEWAL, certificate, body, caller=caller, key=key, makes=successor)
    if made is not None:
        return made
    act = _act(caller, Operation.RENEWAL, body)
    press, until, at = _press(service), body.valid_until, service.clock()
    return CertificateView.of(
        await renew_certificate(conn, certificate, act, successor=successor, valid_until=until, press=press, at=at)
    )


@router.post("/{certificate}/change", status_code=201)
async def change_a_certificate(
    caller: Issuer, conn: Transaction, service: Current, certificate: UUID, body: ChangeRequest, key: IdempotencyKey
) -> CertificateView:
    """Let it say something else (变更): its next version. The old one is expired at the same instant."""
    successor = random_id()
    made = await _once(conn, Operation.CHANGE, certificate, body, caller=caller, key=key, makes=successor)
    if made is not None:
        return made
    act = _act(caller, Operation.CHANGE, body)
    vocabulary, press, at = service.evidence.policy.table.vocabulary, _press(service), service.clock()
    return CertificateView.of(
        await change_certificate(
            conn,
            certificate,
            act,
            successor=successor,
            claims=body.claims,
            vocabulary=vocabulary,
            press=press,
            at=at,
        )
    )


@router.post("/{certificate}/transfer-out")
async def transfer_a_certificate(
    caller: Issuer, conn: Transaction, service: Current, certificate: UUID, body: TransferRequest, key: IdempotencyKey
) -> CertificateView:
    """Let it go to another department (办理转出). It is out of use until that one takes it over."""
    made = await _once(conn, Operation.TRANSFER_OUT, certificate, body, caller=caller, key=key, makes=certificate)
    if made is not None:
        return made
    act, departments = _act(caller, Operation.TRANSFER_OUT, body), _departments(service)
    return CertificateView.of(
        await transfer_out(conn, certificate, act, to=body.to, departments=departments, at=service.clock())
    )


@router.post("/{certificate}/transfer-back")
async def call_a_transfer_off(
    caller: Issuer,
    conn: Transaction,
    service: Current,
    certificate: UUID,
    body: TransferBackRequest,
    key: IdempotencyKey,
) -> CertificateView:
    """Call it back before the other department has taken it over (取消转出): it is in force again."""
    made = await _once(conn, Operation.TRANSFER_BACK, certificate, body, caller=caller, key=key, makes=certificate)
    if made is not None:
        return made
    act = _act(caller, Operation.TRANSFER_BACK, body)
    return CertificateView.of(await transfer_back(conn, certificate, act, at=service.clock()))


@router.post("/{certificate}/transfer-in", status_code=201)
async def take_a_certificate_over(
    caller: Issuer,
    conn: Transaction,
    service: Current,
    certificate: UUID,
    body: TransferInRequest,
    key: IdempotencyKey,
) -> CertificateView:
    """Take over what another department let go to yours (转入): a new certificate of yours, in place of the old one."""
    successor = random_id()
    made = await _once(conn, Operation.TRANSFER_IN, certificate, body, caller=caller, key=key, makes=successor)
    if made is not None:
        return made
    act, departments, press = _act(caller, Operation.TRANSFER_IN, body), _departments(service), _press(service)
    new = await transfer_in(
        conn, certificate, act, successor=successor, departments=departments, press=press, at=service.clock()
    )
    return CertificateView.of(new)


async def _once(
    conn: Transaction,
    operation: Operation,
    certificate: UUID,
    body: Lawful,
    *,
    caller: Caller,
    key: str,
    makes: UUID,
) -> CertificateView | None:
    """What this key made before; None: go on, and make this one."""
    name = f"{operation}:{certificate}"
    made = await once(conn, caller=caller.sub, operation=name, key=key, body=body, resource=makes)
    return None if made is None else CertificateView.of(await queries.lock_certificate(conn, made))


def _departments(service: Current) -> dict[str, Text]:
    return {each.code: each.name for each in service.evidence.policy.table.published.departments}


def _press(service: Current) -> Press:
    return Press(service.signer, service.settings.zone)


async def _operate(
    conn: Transaction,
    operation: Operation,
    certificate: UUID,
    body: ActRequest,
    *,
    caller: Caller,
    key: str,
    service: Current,
) -> CertificateView:
    made = await _once(conn, operation, certificate, body, caller=caller, key=key, makes=certificate)
    if made is not None:
        return made
    act = _act(caller, operation, body)
    return CertificateView.of(await operate(conn, certificate, act, at=service.clock()))


def _act(caller: Caller, operation: Operation, body: Lawful) -> Act:
    department = caller.department or ""
    return Act(operation, ground=body.ground, reason=body.reason, department=department, officer=caller.act)
