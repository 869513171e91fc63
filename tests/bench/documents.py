"""What a document costs: `python -m tests.bench.documents`, CPU in milliseconds, by step; `--keep FILE` keeps one."""

import asyncio
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from time import process_time
from typing import TypeVar

import yaml

from certificates.documents.pades import stamped
from certificates.documents.ports import OwnTimestamps
from certificates.documents.rules import page, qr_text
from certificates.issuing.rules import CertificateNumber
from certificates.sealing.schemas import CertificateDocument
from shared.schemas import Text
from tests.certificates.documents.certificates import a_certificate
from tests.certificates.documents.pdfs import City, typesetter
from tests.certificates.seals import HEALTH, a_document

T = TypeVar("T")
ROUNDS = 100
VERIFY = "https://onevisit.example/verify"
VOCABULARY = Path(__file__).parents[2] / "licensing" / "catalogue" / "data" / "vocabulary.yaml"
CLAIMS = {
    "name": "陈𠮷安",
    "sex": "female",
    "birth-date": "2026-03-01",
    "birth-time": "08:15",
    "birth-place": "浙江省义乌市",
    "birth-weight-grams": 3250,
    "gestation-weeks": 39,
    "hospital-name": "义乌市中心医院",
    "mother-name": "林若溪",
    "father-name": "陈望舒",
}


class Stopwatch:
    """CPU time of this process, step by step."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = defaultdict(list)

    def of(self, step: str, work: Callable[[], T]) -> T:
        before = process_time()
        result = work()
        self.spent[step].append((process_time() - before) * 1000)
        return result


def a_birth(round_: int) -> CertificateDocument:
    number = CertificateNumber.compose(
        type_code="11330000MB9X00023F001", issuer=HEALTH.uscc, serial=f"20260000{round_:04}"
    )
    return a_document(
        number=str(number),
        claims=CLAIMS | {"birth-weight-grams": 3250 + round_},
        issued_on=date(2026, 3, 11),
        valid_from=date(2026, 3, 11),
        valid_until=None,
    )


def make(watch: Stopwatch, city: City, document: CertificateDocument, labels: dict[str, Text]) -> bytes:
    """One document, as the service makes it."""
    seal = city.signer.certificate_of(HEALTH.code)
    certificate = a_certificate(number=document.number, claims=dict(document.claims), issued_on=document.issued_on)
    file = city.file(document)

    def sign(message: bytes) -> bytes:
        return city.signer.sign(seal, message)

    shown = page(document, labels=labels, words=typesetter().words, order=tuple(CLAIMS), verify=VERIFY)
    code = watch.of("sign the QR code", lambda: qr_text(certificate, verify=VERIFY, seal=seal, sign=sign))
    pdf = watch.of("set the page", lambda: typesetter().pdf(document.kind, shown, qr=code, file=file, at=city.at))
    sealed = watch.of("seal it", lambda: city.unstamped(pdf))
    authority = OwnTimestamps(city.signer, lambda: city.at)
    stamp = watch.of("timestamp it", lambda: asyncio.run(authority.stamp(sealed.imprint)))
    return watch.of("put it together", lambda: stamped(sealed, stamp))


def main() -> None:
    arguments = ArgumentParser(prog="python -m tests.bench.documents", description=__doc__)
    arguments.add_argument("--keep", type=Path, help="write the last document here")
    given = arguments.parse_args()
    said = yaml.safe_load(VOCABULARY.read_text("utf-8"))["attributes"]
    labels = {each["code"]: Text.model_validate(each["label"]) for each in said}
    watch, city, pdf = Stopwatch(), City(), b""
    for round_ in range(ROUNDS):
        pdf = make(watch, city, a_birth(round_), labels)
        watch.of("open it again", lambda file=pdf: city.opened(file))  # type: ignore[misc]
    made = [step for step in watch.spent if step != "open it again"]
    lines = [f"{step:18} {median(spent):6.1f} ms  (first {spent[0]:.0f})" for step, spent in watch.spent.items()]
    total = [sum(times) for times in zip(*(watch.spent[step] for step in made), strict=True)]
    lines.append(f"{'a document':18} {median(total):6.1f} ms of CPU, {len(pdf):,} bytes")
    print("\n".join(lines))  # noqa: T201 - a command answers on stdout
    if given.keep:
        given.keep.write_bytes(pdf)


if __name__ == "__main__":
    main()
