"""The forms, each with what would be believed of it."""

import asyncio
from base64 import b64decode
from collections.abc import Mapping
from random import Random
from typing import Any, Final

import orjson
from cryptography import x509
from pyhanko.sign.validation.status import SignatureCoverageLevel

from certificates.issuing.model import State
from certificates.sealing.schemas import StatusEntry
from certificates.status.errors import NotAStatusList
from certificates.status.rules import open_list
from certificates.verification.bundle import open_bundle
from certificates.verification.errors import BundleRefused
from certificates.verification.offline import verify_document
from tests.certificates.documents.test_pades import judged
from tests.certificates.seals import AT, HEALTH, a_document
from tests.certificates.verification.shown import bundle_of, code_of, file_of, leading_to, said_by_code
from tests.mutants import copies
from tests.mutants.anywhere import Twist
from tests.mutants.city import BUNDLE, CITY, FORGER, PEM, some_document
from tests.mutants.pages import PAGE_TWISTS
from tests.mutants.specimens import Specimen
from tests.mutants.tokens import TOKEN_TWISTS, parts, plainly_signed
from tests.mutants.wallets import (
    CREDENTIAL_TWISTS,
    PRESENTATION_TWISTS,
    credential,
    is_believed,
    is_held,
    presentation,
    shows_less,
)


def is_genuine(shown: bytes) -> bool:
    return verify_document(shown, PEM, AT, bundle=BUNDLE).genuine


def _seal(rng: Random) -> bytes:
    return bytes(orjson.loads(_file(rng))["seal"], "ascii")


def _file(rng: Random) -> bytes:
    return file_of(some_document(rng), CITY.signer)


def _code(rng: Random) -> bytes:
    token = code_of(said_by_code(some_document(rng), holder=rng.choice(("王***", None))), CITY.signer)
    return leading_to(token).encode()


def _pdf(rng: Random) -> bytes:
    return CITY.pdf(some_document(rng))


def _list(rng: Random) -> bytes:
    return bytes(orjson.loads(_bundle(rng))["lists"][0], "ascii")


# Places that stay as they are, whoever else is in the list: one revoked, one withheld, one valid.
REVOKED, WITHHELD, VALID = 1, 2, 3


def _bundle(rng: Random) -> bytes:
    others = set(rng.sample(range(10, 131_072), 50))
    states = {State.REVOKED: [REVOKED, *others], State.WITHHELD: [WITHHELD], State.EXPIRED: [5]}
    return bundle_of(CITY.signer, states, at=AT)


def _believed_list(token: bytes) -> bool:
    try:
        open_list(token.decode("latin-1"), 0, PEM, AT)
    except NotAStatusList:
        return False
    return True


_KNOWN: Final = {
    place: file_of(a_document(status=StatusEntry(list=0, index=place)), CITY.signer)
    for place in (REVOKED, WITHHELD, VALID)
}
_TRUE: Final = {REVOKED: False, WITHHELD: False, VALID: True}


def _answers(bundle: bytes) -> dict[int, bool | None] | None:
    """What would be said by this bundle of three certificates; None where it is refused whole."""
    try:
        opened = open_bundle(bundle, PEM, AT)
    except BundleRefused:
        return None
    return {place: verify_document(file, PEM, AT, bundle=opened).holds for place, file in _KNOWN.items()}


def _misleads(bundle: bytes) -> bool:
    """Whether it makes anybody say something false. That it says nothing is no harm: it is told as such."""
    answers = _answers(bundle)
    return answers is not None and any(answers[place] not in (_TRUE[place], None) for place in _TRUE)


def _tells_the_truth(bundle: bytes) -> bool:
    return _answers(bundle) == _TRUE


def in_address(twist: Twist) -> Twist:
    """A change to the token of a code, whose address stays."""

    def changed(rng: Random, code: bytes) -> bytes:
        address, _, token = code.partition(b"#")
        return address + b"#" + twist(rng, token)

    return changed


def other_address(rng: Random, code: bytes) -> bytes:
    """A true code that leads elsewhere."""
    _, _, token = code.partition(b"#")
    hosts = (b"https://onevisit.test.example", b"http://onevisit.test", b"https://onevisit.test:8443", b"javascript:")
    return rng.choice(hosts) + rng.choice((b"/verify", b"/verify/", b"/")) + b"#" + token


def in_seal(twist: Twist) -> Twist:
    """A change to the seal of a file, which is then made anew around it, as it would be around a true one."""

    def changed(rng: Random, file: bytes) -> bytes:
        seal = twist(rng, orjson.loads(file)["seal"].encode()).decode("latin-1")
        return file[: file.index(b',"seal":"')] + b',"seal":"' + seal.encode() + b'"}'

    return changed


def in_readable_part(rng: Random, file: bytes) -> bytes:
    """What people read is changed; what is sealed is not."""
    told = orjson.loads(file)
    read = told["copy"] if "copy" in told else told["certificate"]
    read[rng.choice([*read])] = rng.choice((None, "x", 1, {}))
    return orjson.dumps(told, option=rng.choice((0, orjson.OPT_SORT_KEYS)))


def written_otherwise(rng: Random, file: bytes) -> bytes:
    """The same JSON in other bytes, or with more in it."""
    told = orjson.loads(file)
    others = (
        orjson.dumps(told, option=orjson.OPT_INDENT_2),
        orjson.dumps(dict(reversed(told.items()))),
        orjson.dumps({**told, "note": "valid for ever"}),
        file[:-1] + b',"seal":"x"}',
        b'{"seal":"x",' + file[1:],
        file.replace(b'"seal"', b'"\\u0073eal"'),
        orjson.dumps({"seal": told["seal"]}),
    )
    return rng.choice(others)


def list_of_another(rng: Random, bundle: bytes) -> bytes:
    """The lists, seals or revocations of another city, none, twice, or in another order."""
    told, theirs = orjson.loads(bundle), orjson.loads(bundle_of(FORGER.signer, at=AT))
    part = rng.choice(("lists", "seals", "crl"))
    if part == "crl":
        return orjson.dumps({**told, "crl": rng.choice((theirs["crl"], "", told["crl"][:-4]))})
    some: Any = rng.choice((theirs[part], told[part] * 2, [], told[part][::-1], theirs[part] + told[part]))
    return orjson.dumps({**told, part: some, "made_at": rng.choice((told["made_at"], "2030-01-01T00:00:00Z"))})


def in_first_list(twist: Twist) -> Twist:
    """A change to a list of a bundle."""

    def changed(rng: Random, bundle: bytes) -> bytes:
        told = orjson.loads(bundle)
        told["lists"] = [twist(rng, told["lists"][0].encode()).decode("latin-1")]
        return orjson.dumps(told)

    return changed


def _signed_by_its_header(token: bytes) -> bool:
    chain = parts(token)[0]["x5c"]
    return plainly_signed(token, x509.load_der_x509_certificate(b64decode(chain[0])))


def _code_is_signed(code: bytes) -> bool:
    return plainly_signed(code.partition(b"#")[2], CITY.signer.certificate_of(HEALTH.code))


def _holds_for_pyhanko(pdf: bytes) -> bool:
    status = asyncio.run(judged(pdf, CITY.root))
    return status.bottom_line and status.coverage is SignatureCoverageLevel.ENTIRE_FILE


FILE_TWISTS: Final[Mapping[str, Twist]] = {
    **{name: in_seal(twist) for name, twist in TOKEN_TWISTS.items()},
    "in-readable-part": in_readable_part,
    "written-otherwise": written_otherwise,
}

SPECIMENS: Final[Mapping[str, Specimen]] = {
    each.form: each
    for each in (
        Specimen(
            form="pdf",
            genuine=_pdf,
            accepted=is_genuine,
            twists=PAGE_TWISTS,
            seconded=_holds_for_pyhanko,
            believed=is_genuine,
            seconds_every=50,
        ),
        Specimen(
            form="copy-pdf",
            genuine=copies.pdf,
            accepted=copies.is_a_copy,
            twists={**PAGE_TWISTS, **copies.PAGE_TWISTS},
            seconded=_holds_for_pyhanko,
            believed=is_genuine,
            seconds_every=50,
        ),
        Specimen(
            form="copy",
            genuine=copies.file,
            accepted=copies.is_a_copy,
            twists={**FILE_TWISTS, **copies.FILE_TWISTS},
            seconded=lambda file: _signed_by_its_header(orjson.loads(file)["seal"].encode()),
            believed=is_genuine,
        ),
        Specimen(
            form="copy-seal",
            genuine=copies.seal,
            accepted=copies.is_a_copy,
            twists={**TOKEN_TWISTS, **copies.SEAL_TWISTS},
            seconded=_signed_by_its_header,
            believed=is_genuine,
        ),
        Specimen(
            form="file",
            genuine=_file,
            accepted=is_genuine,
            twists=FILE_TWISTS,
            seconded=lambda file: _signed_by_its_header(orjson.loads(file)["seal"].encode()),
            believed=is_genuine,
        ),
        Specimen(
            form="seal",
            genuine=_seal,
            accepted=is_genuine,
            twists=TOKEN_TWISTS,
            seconded=_signed_by_its_header,
            believed=is_genuine,
        ),
        Specimen(
            form="qr",
            genuine=_code,
            accepted=is_genuine,
            twists={
                **{name: in_address(twist) for name, twist in TOKEN_TWISTS.items()},
                "other-address": other_address,
            },
            seconded=_code_is_signed,
            believed=is_genuine,
        ),
        Specimen(
            form="credential",
            genuine=credential,
            accepted=is_genuine,
            twists=CREDENTIAL_TWISTS,
            seconded=lambda shown: _signed_by_its_header(shown.partition(b"~")[0]),
            believed=is_believed,
            is_same=shows_less,
        ),
        Specimen(
            form="presentation",
            genuine=presentation,
            accepted=is_held,
            twists=PRESENTATION_TWISTS,
            seconded=lambda shown: _signed_by_its_header(shown.partition(b"~")[0]),
            believed=is_held,
        ),
        Specimen(
            form="list",
            genuine=_list,
            accepted=_believed_list,
            twists=TOKEN_TWISTS,
            seconded=_signed_by_its_header,
            believed=_believed_list,
        ),
        Specimen(
            form="bundle",
            genuine=_bundle,
            accepted=_tells_the_truth,
            twists={
                **{name: in_first_list(twist) for name, twist in TOKEN_TWISTS.items()},
                "list-of-another": list_of_another,
            },
            seconded=lambda bundle: _signed_by_its_header(orjson.loads(bundle)["lists"][0].encode()),
            believed=_misleads,
        ),
    )
}
