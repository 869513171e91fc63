"""Where tokens come from: a callable, or a key."""

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey, OKPKey

from identity.tokens.rules import ASSERTION_TYPES, check_assertion
from onevisit_client import ClientCredentials, KeyNotUsable
from onevisit_client.tokens import Tokens, expiry_of
from shared.jose import StaticKeys, peek_header, verify_jws
from tests.client.fake import token

ISSUER = "https://onevisit.test"
OFFICER = "019a0000-0000-7000-8000-00000000000a"
Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def pem(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


KEYS = {"P-256": pem(ec.generate_private_key(ec.SECP256R1())), "Ed25519": pem(ed25519.Ed25519PrivateKey.generate())}


@pytest.mark.parametrize("curve", KEYS)
async def test_the_platform_accepts_the_assertion(curve: str) -> None:
    credentials = ClientCredentials("tax", KEYS[curve], OFFICER, scope="events evidence")
    form = credentials.form(audience=ISSUER)
    assertion = form.pop("client_assertion")
    public = (ECKey if curve == "P-256" else OKPKey).import_key(KEYS[curve])
    keys = StaticKeys({**public.as_dict(private=False), "kid": public.thumbprint()})
    header = peek_header(assertion)
    assert header["typ"] in ASSERTION_TYPES
    claims = await verify_jws(assertion, keys=keys, typ=header["typ"])
    check_assertion(claims, client_id="tax", audiences=[ISSUER], at=datetime.now(UTC))
    assert form == {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "officer": OFFICER,
        "scope": "events evidence",
    }


def test_every_assertion_is_for_one_use() -> None:
    credentials = ClientCredentials("tax", KEYS["Ed25519"])
    assert credentials.assertion(audience=ISSUER) != credentials.assertion(audience=ISSUER)


@pytest.mark.parametrize("form", ["path", "bytes", "text"])
def test_a_key_is_a_file_or_its_content(form: str, tmp_path: Path) -> None:
    content = KEYS["P-256"]
    (tmp_path / "key.pem").write_bytes(content)
    forms: dict[str, str | bytes | Path] = {"path": tmp_path / "key.pem", "bytes": content, "text": content.decode()}
    assert ClientCredentials("tax", forms[form]).assertion(audience=ISSUER).count(".") == 2


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"not a key",
        pem(rsa.generate_private_key(65537, 2048)),
        pem(ec.generate_private_key(ec.SECP384R1())),
    ],
    ids=["empty", "text", "RSA", "P-384"],
)
def test_a_key_that_the_platform_would_refuse_is_refused_here(key: bytes) -> None:
    with pytest.raises(KeyNotUsable):
        ClientCredentials("tax", key).assertion(audience=ISSUER)


def test_a_key_does_not_show_in_logs() -> None:
    assert "PRIVATE" not in repr(ClientCredentials("tax", KEYS["P-256"]))


def test_without_the_extra_a_key_is_refused_with_what_to_install() -> None:
    script = (
        "import sys; sys.modules['cryptography'] = None\n"
        "import onevisit_client as c\n"
        "try: c.ClientCredentials('tax', b'key').assertion(audience='x')\n"
        "except c.KeyNotUsable as refused: print(refused)"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "onevisit-client[credentials]" in said


async def test_a_token_is_kept_until_a_minute_before_it_ends() -> None:
    given: list[str] = []
    seconds = 600.0

    async def give() -> str:
        given.append(token(seconds))
        return given[-1]

    tokens = Tokens(give)
    assert await tokens.current() == await tokens.current() == given[0]
    assert tokens.expires == pytest.approx(time.time() + 600, abs=5)
    tokens.forget("another")
    assert await tokens.current() == given[0]
    seconds = 30.0
    tokens.forget(given[0])
    assert await tokens.current() == given[1]
    assert await tokens.current() == given[2]


@pytest.mark.parametrize("text", ["", "opaque", "a.b.c", "a.e30.c", "a.bnVsbA.c", "..", "a.W10.c"])
async def test_a_token_that_does_not_say_when_it_ends_is_renewed_in_time(text: str) -> None:
    assert expiry_of(text) is None

    async def give() -> str:
        return text or "x"

    tokens = Tokens(give)
    await tokens.current()
    assert tokens.expires == pytest.approx(time.time() + 300, abs=5)


async def test_a_token_that_seems_to_have_ended_tells_of_our_clock() -> None:
    async def give() -> str:
        return token(-7200)

    tokens = Tokens(give)
    assert await tokens.current() == await tokens.current()
    assert tokens.expires == pytest.approx(time.time() + 300, abs=5)
