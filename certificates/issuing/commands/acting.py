"""Who asks for an operation, and whether the law lets them."""

from dataclasses import dataclass

from certificates.issuing.errors import CertificateNotFound, GroundNotKnown, StateNotFitting
from certificates.issuing.model import GROUNDS, Certificate, Ground, Operation
from certificates.issuing.permissions import Viewer


@dataclass(frozen=True, slots=True)
class Act:
    """An operation as its department asks for it, with the officer who answers for it."""

    operation: Operation
    ground: str
    reason: str
    department: str
    officer: str | None


def allow(held: Certificate, act: Act) -> Ground:
    """The ground, where it lets this department do this to the certificate as it is now.

    Refuses whoever did not issue it, or may not take it over (CertificateNotFound), a ground that the law does not know
    for this operation (GroundNotKnown), and a state that the ground does not start from (StateNotFitting).
    """
    department = Viewer(department=act.department)
    receiving = act.operation is Operation.TRANSFER_IN
    if not (department.may_receive(held.transferred_to) if receiving else department.may_operate(held.issuer)):
        raise CertificateNotFound
    ground = GROUNDS.get(act.ground)
    if ground is None or ground.operation is not act.operation:
        raise GroundNotKnown(known=[code for code, known in GROUNDS.items() if known.operation is act.operation])
    if held.state not in ground.start:
        raise StateNotFitting(state=held.state, fitting=[str(state) for state in sorted(ground.start)])
    return ground
