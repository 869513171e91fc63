"""What a status list costs, by how many of its certificates are not valid: `python -m tests.bench.status_lists`.

CPU of this process alone: packing, compressing and signing a list of 131,072, and reading one certificate's state of
it.
"""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from cryptography.hazmat.primitives.serialization import Encoding

from certificates.issuing.model import State
from certificates.issuing.rules import STATUS_LIST_LENGTH
from certificates.sealing.authority import Office, new_crl, new_office, new_root
from certificates.sealing.ports import SealCredential, SoftwareSigner
from certificates.sealing.schemas import StatusEntry
from certificates.status.rules import list_uri, packed, signed_list, state_in

AT = datetime(2026, 1, 1, tzinfo=UTC)
SHARES = (0.0, 0.001, 0.01, 0.1, 0.5, 1.0)
STATES = (State.EXPIRED, State.EXPIRED, State.EXPIRED, State.REVOKED, State.WITHHELD)
ROUNDS = 10


def main() -> None:
    """Print a line for each share."""
    signer = _signer()
    print(f"{'not valid':>10} {'made in':>10} {'read in':>10} {'token':>10}")  # noqa: T201 - what it is for
    for share in SHARES:
        places = _places(share)
        token = _made(places, signer)
        made = _cpu(partial(_made, places, signer))
        read = _cpu(partial(state_in, token, StatusEntry(list=0, index=4_242), signer.root_pem, AT))
        size = len(token) / 1024
        print(f"{share:>10.1%} {made * 1000:>7.1f} ms {read * 1000:>7.1f} ms {size:>7.1f} kB")  # noqa: T201


def _made(places: dict[State, list[int]], signer: SoftwareSigner) -> str:
    certificate = signer.certificate_of(Office.STATUS)
    uri = list_uri("https://onevisit.test", 0)
    return signed_list(
        packed(places), uri=uri, certificate=certificate, sign=partial(signer.sign, certificate), crl_number=0, at=AT
    )


def _signer() -> SoftwareSigner:
    root = new_root(at=AT)
    office = new_office(root, Office.STATUS, at=AT)
    held = {Office.STATUS.value: SealCredential(key=office.key, certificate=office.certificate)}
    pem = root.certificate.public_bytes(Encoding.PEM)
    return SoftwareSigner(root_pem=pem, root_crl=new_crl(root, at=AT), credentials=held)


def _places(share: float) -> dict[State, list[int]]:
    chosen = random.Random(7)
    places: dict[State, list[int]] = {}
    for index in chosen.sample(range(STATUS_LIST_LENGTH), int(share * STATUS_LIST_LENGTH)):
        places.setdefault(chosen.choice(STATES), []).append(index)
    return places


def _cpu(work: Callable[[], object]) -> float:
    """Seconds of CPU, the best of some rounds."""
    found = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return min(found)


if __name__ == "__main__":
    main()
