"""However much a certificate says, all of it is on its pages: nothing cut, covered, or drawn beyond the frame (U9)."""

from itertools import combinations

import pytest

from certificates.documents.rules import number_shown, page
from certificates.issuing.rules import CertificateNumber
from certificates.sealing.schemas import Issuer
from shared.schemas import Text
from tests.certificates.documents.pdfs import VERIFY, typesetter
from tests.certificates.documents.reading import MM, pages_of, pdftotext, text_of, words_of
from tests.certificates.seals import AT, HEALTH, TYPE_CODE, a_document

TEMPLATES = ("birth-medical-certificate", "household-register-page", "social-security-card", "anything-else")
NAME = "阿卜杜热合曼·买买提" * 5
ADDRESS = "浙江省杭州市西湖区文三路九十九号" * 20
LONG = {
    "name": NAME,
    "mother-name": "欧阳" * 25,
    "father-name": "W" * 50,
    "birth-place": ADDRESS,
    "hospital-name": "义乌市妇幼保健院" * 30,
    "household-address": ADDRESS,
    "household-number": "0123456789" * 25,
    "household-type": "家庭户" * 70,
    "business-scope": "Wholesale and retail of building materials, " * 12,
    "note": "x" * 260,
    "whole-page": "未尽事宜按照有关法律法规执行。" * 150,
}
ISSUER = "浙江省某市某某新区行政审批服务管理局（政务服务数据管理办公室）"
# Below this the last page has its date, and the seal over it, as on paper.
CLOSING = 297 * MM - 100 * MM


def set_page(kind: str, number: str | None = None, **claims: object) -> bytes:
    serial = "F" * 32
    named = CertificateNumber.compose(type_code=TYPE_CODE, issuer=HEALTH.uscc, serial=serial)
    issuer = Issuer(
        department=HEALTH.code,
        name=Text(zh=ISSUER, en="Administrative Approval " * 5),
        uscc=HEALTH.uscc,
    )
    document = a_document(kind=kind, claims=claims, number=str(named), issuer=issuer)
    shown = page(
        document,
        labels={},
        words=typesetter().words,
        order=(),
        number=number_shown(number, wanted=False),
        verify=VERIFY,
    )
    return typesetter().pdf(kind, shown, qr=VERIFY, file=b"{}", at=AT)


@pytest.mark.parametrize("kind", TEMPLATES)
@pdftotext
def test_everything_is_there(kind: str) -> None:
    text = text_of(set_page(kind, number="110101189001010017", **LONG))
    missing = [code for code, value in LONG.items() if "".join(value.split()) not in text]
    assert missing == []
    assert "110101189001010017" in text
    assert "F" * 32 in text
    assert ISSUER in text


@pytest.mark.parametrize("kind", TEMPLATES)
@pytest.mark.parametrize("code", LONG)
@pdftotext
def test_each_alone_is_there(kind: str, code: str) -> None:
    assert "".join(LONG[code].split()) in text_of(set_page(kind, **{code: LONG[code]}))


@pytest.mark.parametrize("kind", TEMPLATES)
@pdftotext
def test_nothing_stands_on_anything_else_or_beyond_the_frame(kind: str) -> None:
    pdf = set_page(kind, number="110101189001010017", **LONG)
    last = pages_of(pdf)
    assert last > 1
    for number in range(1, last + 1):
        words = words_of(pdf, number)
        assert [word for word in words if not word.is_inside] == []
        above = [word for word in words if number < last or word.bottom < CLOSING]
        assert [(one.said, other.said) for one, other in combinations(above, 2) if one.covers(other)] == []


@pytest.mark.parametrize("kind", TEMPLATES)
@pdftotext
def test_of_several_pages_each_says_which_it_is_and_of_what(kind: str) -> None:
    pdf = set_page(kind, **LONG)
    last = pages_of(pdf)
    for number in range(1, last + 1):
        said = [word.said for word in words_of(pdf, number)]
        assert said[-4][:10] == "1.2.156.30"
        assert said[-3:] == [str(number), "/", str(last)]


@pytest.mark.parametrize("kind", TEMPLATES)
@pdftotext
def test_a_page_that_is_alone_needs_no_number(kind: str) -> None:
    pdf = set_page(kind, name="林若溪", sex="female")
    assert pages_of(pdf) == 1
    assert "1/1" not in text_of(pdf)


@pdftotext
def test_a_word_that_fits_is_not_broken() -> None:
    pdf = set_page("anything-else", **{"credit-code": HEALTH.uscc, "name": "林若溪"})
    assert HEALTH.uscc in [word.said for word in words_of(pdf, 1)]
