"""Pages: the fonts that are given and no others, nothing replaced by a box, and never a word of another's page."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from certificates.documents.errors import GlyphMissing, NoFont
from certificates.documents.rules import page
from certificates.documents.typesetting import Typesetter, qr_svg
from tests.certificates.documents.pdfs import VERIFY, typesetter
from tests.certificates.documents.reading import pdftotext
from tests.certificates.seals import AT, a_document

TEMPLATES = ("birth-medical-certificate", "household-register-page", "social-security-card", "anything-else")


def set_page(*, kind: str = TEMPLATES[0], file: bytes = b"{}", **claims: object) -> bytes:
    document = a_document(kind=kind, claims=claims)
    shown = page(document, labels={}, words=typesetter().words, order=(), verify=VERIFY)
    return typesetter().pdf(kind, shown, qr=VERIFY, file=file, at=AT)


def text_of(pdf: bytes) -> str:
    said = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True)
    return said.stdout.decode()


class TestPages:
    @pytest.mark.parametrize("kind", TEMPLATES)
    def test_every_kind_makes_one_page_of_pdf_a(self, kind: str) -> None:
        reader = PdfFileReader(BytesIO(set_page(kind=kind, name="林若溪", sex="female")))
        assert int(reader.root["/Pages"]["/Count"]) == 1
        assert b"<pdfaid:part>3</pdfaid:part>" in reader.root["/Metadata"].data

    @pytest.mark.parametrize("kind", TEMPLATES)
    @pdftotext
    def test_every_kind_shows_names_number_and_issuer(self, kind: str) -> None:
        text = text_of(set_page(kind=kind, name="林若溪", sex="female"))
        assert "林若溪" in text
        assert "女" in text
        assert a_document().number in text.replace("\n", "")
        assert "卫生健康部门" in text

    def test_the_sealed_file_is_its_source(self) -> None:
        attached = attached_to(set_page(file=b'{"certificate":1}'))
        assert (attached["/UF"], attached["/AFRelationship"]) == ("certificate.json", "/Source")
        assert attached["/EF"]["/F"].data == b'{"certificate":1}'

    @pdftotext
    def test_what_is_claimed_is_shown_and_not_obeyed(self) -> None:
        sly = '#panic("no") #sys.inputs {{7*7}} $x$ `rm` *b* </svg>'
        assert sly in text_of(set_page(kind="anything-else", note=sly)).replace("\n", " ")

    @pytest.mark.parametrize("kind", ["base", "../base", "words"])
    def test_a_kind_names_a_template_of_certificates_only(self, kind: str) -> None:
        document = a_document()
        shown = page(document, labels={}, words={}, order=(), verify=VERIFY)
        assert typesetter().pdf(kind, shown, qr=VERIFY, file=b"{}", at=AT).startswith(b"%PDF-1.7")


class TestGlyphs:
    @pdftotext
    def test_a_name_with_a_rare_character_is_printed_whole(self) -> None:
        assert "𠮷晓" in text_of(set_page(name="𠮷晓"))

    @pytest.mark.parametrize("name", ["𠂻", "林𠂻", "\U0003134a", "林\N{OGHAM LETTER BEITH}"])
    def test_a_character_that_no_font_has_is_not_printed_as_a_box(self, name: str) -> None:
        with pytest.raises(GlyphMissing) as refusal:
            set_page(name=name)
        assert name not in str(refusal.value)

    @pdftotext
    def test_a_name_of_fifty_characters_is_not_cut(self) -> None:
        name = "阿卜杜热合曼·买买提" * 5
        assert name in text_of(set_page(name=name)).replace("\n", "")

    def test_only_the_fonts_that_are_given_are_used(self) -> None:
        assert typesetter().families == ("Noto Sans CJK TC",)

    def test_without_a_font_nothing_starts(self, tmp_path: Path) -> None:
        with pytest.raises(NoFont, match="ONEVISIT_FONT_DIRECTORY"):
            Typesetter.of(tmp_path)


@pdftotext
def test_pages_that_are_set_at_once_say_nothing_of_one_another() -> None:
    names = [f"canary{number:03}" for number in range(32)]
    with ThreadPoolExecutor(8) as threads:
        pages = list(threads.map(lambda name: set_page(name=name, file=name.encode()), names))
    for name, pdf in zip(names, pages, strict=True):
        text = text_of(pdf)
        assert [other for other in names if other in text] == [name]
        assert (
            PdfFileReader(BytesIO(pdf)).root["/Names"]["/EmbeddedFiles"]["/Names"][1]["/EF"]["/F"].data == name.encode()
        )


def test_the_same_content_is_drawn_alike() -> None:
    assert set_page(name="林若溪") == set_page(name="林若溪")
    assert qr_svg("a") == qr_svg("a")


def attached_to(pdf: bytes) -> Any:
    return PdfFileReader(BytesIO(pdf)).root["/Names"]["/EmbeddedFiles"]["/Names"][1]
