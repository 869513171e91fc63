"""`onevisit verify`, as somebody without a network uses it: a file, a root, a bundle; the exit status is the answer."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from certificates.copies.rules import watermark_of
from certificates.copies.schemas import CertificateCopy
from certificates.credentials.rules import Challenge
from certificates.issuing.model import State
from certificates.sealing.authority import new_crl, new_root
from certificates.sealing.schemas import StatusEntry
from deploy.cli import app
from shared.clock import legal_date, now
from tests.certificates.credentials.making import a_credential, held
from tests.certificates.seals import HEALTH, a_document, signer_for
from tests.certificates.verification.shown import (
    bundle_of,
    code_of,
    file_of,
    file_of_copy,
    leading_to,
    said_by_code,
)
from tests.certificates.wallets import Wallet

GENUINE, NOT, UNJUDGED = 0, 1, 2


class Inspector:
    """A machine with a root certificate, and perhaps a bundle."""

    def __init__(self, folder: Path) -> None:
        self.at = now()
        self.root = new_root(at=self.at - timedelta(days=3))
        self.signer = signer_for(self.root, HEALTH, at=self.at)
        day = legal_date(self.at, "Asia/Shanghai")
        place = StatusEntry(list=0, index=7)
        dates = {"sealed_at": self.at, "issued_on": day, "valid_from": day, "valid_until": None}
        self.document = a_document(status=place, **dates)
        self.folder, self.home = folder, folder / "home"
        self.home.mkdir()
        self.pem, self.bundle = folder / "root.pem", folder / "bundle.json"
        self.pem.write_bytes(self.root.certificate_pem())
        self.bundle.write_bytes(bundle_of(self.signer, at=self.at))
        self.file = self.put(file_of(self.document, self.signer))

    def put(self, content: bytes) -> Path:
        path = self.folder / f"shown-{len([*self.folder.iterdir()])}"
        path.write_bytes(content)
        return path

    def run(self, *arguments: object, given: bytes | None = None) -> Result:
        options = ["verify", *map(str, arguments), "--root", str(self.pem), "--data-dir", str(self.home)]
        return CliRunner().invoke(app, options, input=given)

    def judge(self, *arguments: object, given: bytes | None = None) -> Result:
        return self.run(*arguments, "--status", self.bundle, given=given)


@pytest.fixture
def inspector(tmp_path: Path) -> Inspector:
    return Inspector(tmp_path)


def test_genuine_and_in_force_as_of_when_the_list_was_made(inspector: Inspector) -> None:
    result = inspector.judge(inspector.file)
    assert result.exit_code == GENUINE, result.output
    assert result.stdout.startswith("genuine and in force\n")
    assert "as of" in result.stdout
    assert "0 min ago" in result.stdout


def test_a_code_that_was_typed_or_piped(inspector: Inspector) -> None:
    text = leading_to(code_of(said_by_code(inspector.document), inspector.signer)).encode()
    assert inspector.judge("-", given=text + b"\n").exit_code == GENUINE
    assert inspector.judge(inspector.put(text + b"\r\n")).exit_code == GENUINE


def test_a_copy_and_what_it_is_for(inspector: Inspector) -> None:
    made_on = legal_date(inspector.at, "Asia/Shanghai")
    copy = CertificateCopy(
        id=UUID(int=5),
        certificate=inspector.document,
        purpose="school enrolment",
        watermark=watermark_of("school enrolment", made_on=made_on, valid_until=made_on),
        made_at=inspector.at,
        valid_until=made_on,
    )
    result = inspector.judge(inspector.put(file_of_copy(copy, inspector.signer)))
    assert result.exit_code == GENUINE, result.output
    assert f"only for     school enrolment, until {made_on}\n" in result.stdout


def test_what_a_wallet_shows_and_whether_it_answers_who_asked(inspector: Inspector) -> None:
    wallet, asked = Wallet(), Challenge("https://kindergarten.test", "3f1c")
    certificate = held(status_list=0, status_index=7, issued_on=legal_date(inspector.at, "Asia/Shanghai"))
    whole = a_credential(certificate, signer=inspector.signer, wallet=wallet, at=inspector.at)
    shown = inspector.put(wallet.presented(whole, "name", challenge=asked, at=inspector.at).encode())
    answered = inspector.judge(shown, "--audience", asked.audience, "--nonce", asked.nonce)
    assert answered.exit_code == GENUINE, answered.output
    unasked = inspector.judge(shown)
    assert unasked.exit_code == GENUINE
    assert "audience and nonce were not given" in unasked.stdout
    assert inspector.judge(shown, "--audience", asked.audience, "--nonce", "another").exit_code == NOT
    assert inspector.judge(inspector.file, "--audience", asked.audience, "--nonce", asked.nonce).exit_code == NOT
    assert "name both" in inspector.judge(shown, "--nonce", asked.nonce).output


def test_not_in_force_and_why_in_both_languages(inspector: Inspector) -> None:
    inspector.bundle.write_bytes(bundle_of(inspector.signer, {State.REVOKED: [7]}, at=inspector.at))
    result = inspector.judge(inspector.file)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (NOT, "genuine, NOT IN FORCE")
    assert "证照已被撤销、注销或吊销 / The certificate was revoked, cancelled or withdrawn" in result.stdout


def test_not_genuine_and_nothing_of_its_content(inspector: Inspector) -> None:
    result = inspector.judge(inspector.put(inspector.file.read_bytes() + b"\n"))
    assert (result.exit_code, result.stdout.splitlines()[0]) == (NOT, "NOT GENUINE")
    assert inspector.document.number not in result.stdout


def test_without_a_bundle_whether_it_was_revoked_could_not_be_checked(inspector: Inspector) -> None:
    result = inspector.run(inspector.file)
    assert result.exit_code == UNJUDGED
    assert result.stdout.startswith("genuine; whether in force COULD NOT BE JUDGED\n")
    assert "could not be checked" in result.stdout
    assert inspector.run(inspector.put(b"%PDF-1.7")).exit_code == NOT


def test_by_a_bundle_of_the_day_before_yesterday_nothing_is_judged(inspector: Inspector) -> None:
    old = inspector.at - timedelta(days=2)
    inspector.bundle.write_bytes(bundle_of(signer_for(inspector.root, HEALTH, at=old), at=old))
    result = inspector.judge(inspector.file)
    assert result.exit_code == UNJUDGED
    assert "too old" in result.stderr


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\xff", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_what_is_no_bundle_or_no_root(inspector: Inspector, content: bytes) -> None:
    assert inspector.run(inspector.file, "--status", inspector.put(content)).exit_code == UNJUDGED
    inspector.pem.write_bytes(content)
    result = inspector.judge(inspector.file)
    assert (result.exit_code, result.stdout) == (UNJUDGED, "")
    assert len(result.stderr.splitlines()) == 1


def test_neither_a_root_nor_a_bundle_where_they_are_said_to_be(inspector: Inspector) -> None:
    missing = inspector.folder / "missing"
    assert inspector.run(inspector.file, "--status", missing).exit_code == UNJUDGED
    assert inspector.judge(missing).exit_code == UNJUDGED
    assert inspector.judge(inspector.folder).exit_code == UNJUDGED
    alone = CliRunner().invoke(app, ["verify", str(inspector.file), "--data-dir", str(missing)])
    assert alone.exit_code == UNJUDGED
    assert "--root" in alone.stderr


def test_for_programs(inspector: Inspector) -> None:
    told = json.loads(inspector.judge(inspector.file, "--json").stdout)
    assert (told["genuine"], told["state"], told["form"]) == (True, "in force", "file")
    assert told["as_of"] is not None
    assert inspector.judge(inspector.put(b"x"), "--json").exit_code == NOT


@contextmanager
def platform(content: bytes) -> Generator[str]:
    """A platform on loopback that gives out this bundle, and nothing else."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/v1/verification-bundle" else 404)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_bundle_is_fetched_and_kept_for_where_there_is_no_network(inspector: Inspector) -> None:
    with platform(inspector.bundle.read_bytes()) as url:
        assert inspector.run("--fetch", f"{url}/").exit_code == 0
    assert inspector.run(inspector.file).exit_code == GENUINE


def test_an_answer_from_before_replaces_nothing(inspector: Inspector) -> None:
    """Within the day for which a bundle is good, whoever is in between could bring back what was withheld since."""
    withheld = bundle_of(inspector.signer, {State.WITHHELD: [7]}, at=inspector.at)
    for content in (withheld, bundle_of(inspector.signer, at=inspector.at - timedelta(hours=1))):
        with platform(content) as url:
            assert inspector.run("--fetch", url).exit_code == 0
    assert inspector.run(inspector.file).exit_code == NOT


def test_a_bad_answer_replaces_nothing(inspector: Inspector) -> None:
    with platform(inspector.bundle.read_bytes()) as url:
        inspector.run("--fetch", url)
    stranger = signer_for(new_root(at=inspector.at), HEALTH, at=inspector.at)
    for bad in (
        b"",
        b"{}",
        bundle_of(stranger, at=inspector.at, crl=new_crl(new_root(at=inspector.at), at=inspector.at)),
    ):
        with platform(bad) as url:
            assert inspector.run("--fetch", url).exit_code == UNJUDGED
    assert inspector.run("--fetch", "http://127.0.0.1:1").exit_code == UNJUDGED
    assert inspector.run("--fetch", "not an address").exit_code == UNJUDGED
    assert inspector.run(inspector.file).exit_code == GENUINE


def test_there_must_be_something_to_do(inspector: Inspector) -> None:
    assert inspector.run().exit_code == 2
