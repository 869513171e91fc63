"""What stands on a page and in its QR code."""

from datetime import date
from typing import Any

import orjson
import pytest
import segno
from joserfc import jws

from certificates.documents.rules import content_of, may_be_printed, page, printed, qr_payload, qr_text
from certificates.issuing.model import State
from certificates.sealing.rules import key_of, thumbprint_of
from certificates.sealing.schemas import CertificateDocument
from shared.schemas import Text
from tests.certificates.documents.certificates import a_certificate
from tests.certificates.documents.pdfs import VERIFY, City
from tests.certificates.seals import HEALTH, a_document

WORDS = {"female": Text(zh="女", en="Female")}
DAY = date(2026, 11, 22)


class TestInForce:
    def test_a_valid_one_is_printed_to_its_last_day(self) -> None:
        certificate = a_certificate(valid_until=DAY)
        assert may_be_printed(certificate, day=DAY)
        assert not may_be_printed(certificate, day=date(2026, 11, 23))

    @pytest.mark.parametrize("state", [state for state in State if state is not State.VALID])
    def test_one_in_any_other_state_is_not(self, state: State) -> None:
        assert not may_be_printed(a_certificate(state=state), day=DAY)


class TestPage:
    def test_what_is_claimed_stands_in_the_order_of_its_kind(self) -> None:
        shown = a_page(order=("name", "birth-date"))
        assert [claim["code"] for claim in shown["claims"]] == ["name", "birth-date", "birth-weight-grams"]

    def test_the_catalogue_says_what_a_datum_is_called(self) -> None:
        labels = {"name": Text(zh="姓名", en="Name")}
        shown = a_page(labels=labels, order=("name",))
        assert shown["claims"][0]["label"] == {"zh": "姓名", "en": "Name"}
        assert shown["claims"][1]["label"] == {"zh": "birth-date", "en": "Birth date"}

    def test_it_says_until_when_it_is_good(self) -> None:
        shown = a_page()
        assert shown["validity"] == {
            "zh": "2026年11月22日至2029年11月21日",
            "en": "22 November 2026 to 21 November 2029",
        }
        endless = a_page(a_document(valid_until=None))
        assert endless["validity"] == {"zh": "2026年11月22日起长期有效", "en": "from 22 November 2026, without end"}

    @pytest.mark.parametrize(
        ("value", "zh", "en"),
        [
            ("2026-03-01", "2026年3月1日", "1 March 2026"),
            ("2026-02-30", "2026-02-30", "2026-02-30"),
            ("female", "女", "Female"),
            (3250, "3250", "3250"),
            (True, "是", "Yes"),
            (None, "—", "—"),
            (["甲", 1], '["甲",1]', '["甲",1]'),
            ("#set text(red) {{7*7}} $x$", "#set text(red) {{7*7}} $x$", "#set text(red) {{7*7}} $x$"),
        ],
    )
    def test_values_are_written_as_people_write_them(self, value: object, zh: str, en: str) -> None:
        assert printed(value, WORDS) == Text(zh=zh, en=en)  # type: ignore[arg-type]


class TestQr:
    def test_it_names_the_certificate_and_only_hints_at_its_holder(self) -> None:
        certificate = a_certificate(claims={"name": "𠮷晓娃", "birth-date": "2026-03-01"})
        said = orjson.loads(qr_payload(certificate))
        assert said == {
            "certificate": str(certificate.id),
            "number": certificate.number,
            "kind": "birth-medical-certificate",
            "issuer": "health-commission",
            "holder": "𠮷***",
            "issued_on": "2026-11-22",
            "valid_until": None,
            "status": {"list": 0, "index": 7},
        }

    def test_it_is_signed_by_the_department_and_nothing_of_it_reaches_a_server(self) -> None:
        city = City()
        seal = city.signer.certificate_of(HEALTH.code)
        certificate = a_certificate()
        text = qr_text(certificate, verify=VERIFY, seal=seal, sign=lambda message: city.signer.sign(seal, message))
        page_, token = text.split("#")
        said = jws.deserialize_compact(token, key_of(seal), algorithms=["ES256"])
        assert (page_, said.payload) == (VERIFY, qr_payload(certificate))
        assert said.protected == {"alg": "ES256", "kid": thumbprint_of(seal), "typ": "certificate-qr+jwt"}

    def test_a_phone_reads_it_from_four_centimetres(self) -> None:
        """Printed 42 mm wide; a camera needs about a third of a millimetre for each module."""
        city = City()
        seal = city.signer.certificate_of(HEALTH.code)
        certificate = a_certificate(claims={"name": "阿***"})
        text = qr_text(certificate, verify=VERIFY, seal=seal, sign=lambda message: city.signer.sign(seal, message))
        assert 42 / segno.make_qr(text, error="l").symbol_size(border=0)[0] > 0.33

    @pytest.mark.parametrize("claims", [{}, {"name": ""}, {"name": 1}])
    def test_without_a_name_it_hints_at_none(self, claims: dict[str, object]) -> None:
        assert orjson.loads(qr_payload(a_certificate(claims=claims)))["holder"] is None


class TestContent:
    def test_whatever_goes_into_a_document_makes_it_another(self) -> None:
        made = {
            content_of(b"seal", {"a": 1}, typesetting=b"t", chain=b"k"),
            content_of(b"other", {"a": 1}, typesetting=b"t", chain=b"k"),
            content_of(b"seal", {"a": 2}, typesetting=b"t", chain=b"k"),
            content_of(b"seal", {"a": 1}, typesetting=b"u", chain=b"k"),
            content_of(b"seal", {"a": 1}, typesetting=b"t", chain=b"l"),
        }
        assert len(made) == 5


def a_page(
    document: CertificateDocument | None = None, *, labels: dict[str, Text] | None = None, order: tuple[str, ...] = ()
) -> Any:
    return page(document or a_document(), labels=labels or {}, words=WORDS, order=order, verify="")
