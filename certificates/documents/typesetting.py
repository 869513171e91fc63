"""Pages set by typst, with the given fonts and no others, as PDF/A-3b around the sealed file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Final, Self

import orjson
import segno
import typst

from certificates.documents.errors import GlyphMissing, NoFont
from certificates.documents.rules import Page
from shared.schemas import Text

# What the attached file is called, by what it is.
CERTIFICATE_FILE: Final = "certificate.json"
COPY_FILE: Final = "copy.json"
_TEMPLATES: Final = Path(__file__).parent / "templates"
# Any kind without a template of its own.
_ANY_KIND: Final = "certificate"
# The font of the embedded profile.
_FONT_PACKAGE: Final = "cvttf_NotoSansCJK_Regular"
# What a font file says of itself: the directory of its tables, with a checksum for each.
_FONT_HEAD_BYTES: Final = 4096


class NotTypeset(Exception):
    """A template is wrong. Says which, and nothing of what it was to show."""


@dataclass(frozen=True)
class Typesetter:
    """Fonts and templates. Keeps nothing of what it sets: each page is a compilation of its own."""

    fonts: typst.Fonts
    families: tuple[str, ...]
    words: Mapping[str, Text]
    # Of everything but the content that decides how a page looks.
    digest: bytes

    @classmethod
    def of(cls, fonts: Path | None) -> Self:
        """With the fonts of this directory; without one, with the font of the embedded profile.

        Refuses (NoFont) where neither is there.
        """
        directory = fonts or _packaged_font()
        found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[directory])
        families = tuple(sorted(found.families(), key=_preference))
        if not families:
            raise NoFont(f"{directory} has no font: set ONEVISIT_FONT_DIRECTORY to one that has Noto Sans CJK")
        words = orjson.loads((_TEMPLATES / "words.json").read_bytes())
        return cls(
            fonts=found,
            families=families,
            words={code: Text.model_validate(word) for code, word in words.items()},
            digest=_digest(found),
        )

    def pdf(self, kind: str, shown: Page, *, qr: str, file: bytes, at: datetime) -> bytes:
        """The page, with `qr` as a QR code, and the sealed file attached as its source (PDF/A-3, AFRelationship).

        The page of a copy has its watermark, and the copy's sealed file under that name.

        Refuses (GlyphMissing) what no font has: nothing is replaced by a box. Takes some milliseconds of CPU.
        """
        given = {
            "page": orjson.dumps({**shown, "fonts": self.families}).decode(),
            "qr": qr_svg(qr),
            "file": file.decode(),
            "name": COPY_FILE if "copy" in shown else CERTIFICATE_FILE,
        }
        try:
            return typst.compile(
                self._template(kind),
                root=_TEMPLATES,
                font_paths=self.fonts,
                sys_inputs=given,
                pdf_standards=["a-3b"],
                timestamp=int(at.timestamp()),
            )
        except typst.TypstError as error:
            # Its message repeats what is missing, which is of a name: it goes no further.
            if "could not be displayed with" in error.message:
                raise GlyphMissing from None
            raise NotTypeset(kind) from None

    @staticmethod
    def _template(kind: str) -> Path:
        own = _TEMPLATES / f"{kind}.typ"
        return own if kind != "base" and own.exists() else _TEMPLATES / f"{_ANY_KIND}.typ"


def qr_svg(text: str) -> str:
    """A QR code as vectors; as much error correction as fits without making it larger."""
    drawn = BytesIO()
    # The choice of the finest of eight masks costs 25 ms; a reader reads any of them.
    segno.make_qr(text, error="l", mask=3).save(
        drawn, kind="svg", border=0, xmldecl=False, svgclass=None, lineclass=None
    )
    return drawn.getvalue().decode()


def _packaged_font() -> Path:
    if find_spec(_FONT_PACKAGE) is None:
        raise NoFont("there is no font to print with: set ONEVISIT_FONT_DIRECTORY to one that has Noto Sans CJK")
    return Path(str(import_module(_FONT_PACKAGE).__file__)).parent


def _preference(family: str) -> tuple[bool, bool, bool, str]:
    """Chinese as mainland China writes it first, without serifs, proportional; then whatever else may have a sign."""
    return "CJK SC" not in family, "Sans CJK" not in family, "Mono" in family, family


def _digest(fonts: typst.Fonts) -> bytes:
    templates = sorted(_TEMPLATES.iterdir())
    files = sorted({Path(font.path) for font in fonts.fonts() if font.path})
    told = [version("typst").encode(), version("segno").encode()]
    told += [sha256(path.name.encode() + b"\0" + path.read_bytes()).digest() for path in templates if path.is_file()]
    for path in files:
        with path.open("rb") as file:
            told.append(f"{path.name} {path.stat().st_size}".encode() + file.read(_FONT_HEAD_BYTES))
    return sha256(b"".join(sha256(part).digest() for part in told)).digest()
