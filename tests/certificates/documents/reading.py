"""Pages as a second program reads them: what stands on them, and where (poppler)."""

import re
import subprocess
from dataclasses import dataclass
from io import BytesIO

from pyhanko.pdf_utils.reader import PdfFileReader

from tests.support.programs import needs

pdftotext = needs("pdftotext", package="poppler-utils")
_WORD = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>')
_FOOT = re.compile(r"^1\.2\.156\.3005\.2\.\S+ \d+ / \d+$", re.MULTILINE)
MM = 72 / 25.4
# Between the lines of the frame: nothing is drawn on it or beyond.
FRAME = (13 * MM, 13 * MM, 197 * MM, 284 * MM)


@dataclass(frozen=True)
class Word:
    """Some letters and the middle of where they stand, in points from the upper left: without what is around them."""

    said: str
    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: "Word") -> bool:
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)

    @property
    def is_inside(self) -> bool:
        left, top, right, bottom = FRAME
        return left <= self.left and self.right <= right and top <= self.top and self.bottom <= bottom


def run(pdf: bytes, *options: str) -> str:
    said = subprocess.run(["pdftotext", *options, "-", "-"], input=pdf, capture_output=True, check=True)
    return said.stdout.decode()


def pages_of(pdf: bytes) -> int:
    return int(PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Count"])


def text_of(pdf: bytes) -> str:
    """All that stands on all pages, without what is at their feet and without spaces."""
    text = _FOOT.sub("", run(pdf, "-raw").replace("\u200b", ""))
    return "".join(text.split())


def words_of(pdf: bytes, page: int) -> list[Word]:
    found = []
    for left, top, right, bottom, said in _WORD.findall(run(pdf, "-bbox", "-f", str(page), "-l", str(page))):
        # Of a sign's height the middle third: lines that follow one another share the rest.
        third = (float(bottom) - float(top)) / 3
        found.append(Word(said, float(left), float(top) + third, float(right), float(bottom) - third))
    return found
