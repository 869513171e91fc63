"""`GET /verify`: one document with all that it needs in it, and a policy that lets nothing else in."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from gateway.document.rendered import Rendered
from gateway.edge.model import Exchange
from shared.web.problems import prefers_chinese

MEDIA = "text/html; charset=utf-8"
_HERE = Path(__file__).parent


async def verification_page(exchange: Exchange) -> None:
    """The page, in the language that the reader's browser prefers."""
    accepted = exchange.head.known.get(b"accept-language", b"").decode("latin-1")
    rendered = _page("zh" if prefers_chinese(accepted) else "en")
    policy = (b"content-security-policy", _policy().encode())
    await rendered.answer(exchange, media=MEDIA, headers=[policy, (b"vary", b"accept-language")])


@cache
def _page(language: str) -> Rendered:
    page = (_HERE / "page.html").read_text("utf-8")
    for name, value in {"language": language, "style": _part("css"), "script": _part("js")}.items():
        page = page.replace(f"{{{name}}}", value)
    return Rendered.of(page.encode())


@cache
def _policy() -> str:
    """This script and this style, by what they say (CSP 3); asking where the page is from; and nothing else."""
    return (
        f"default-src 'none'; script-src '{_digest('js')}'; style-src '{_digest('css')}'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    )


@cache
def _part(suffix: str) -> str:
    return (_HERE / f"page.{suffix}").read_text("utf-8")


def _digest(suffix: str) -> str:
    return f"sha256-{b64encode(sha256(_part(suffix).encode()).digest()).decode()}"
