"""`onevisit secrets init`: made once, each container's apart, and nothing of the city's own is replaced."""

import asyncio
import json
import ssl
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography import x509

from deploy import services
from deploy.containers.edge import read_hosts
from deploy.containers.folders import Folders
from deploy.embedded.errors import LaunchError
from deploy.embedded.home import Home

OTHERS = ("migrate", "provision", "postgres", "nats", "edge", "tls", "seals")


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    for name in (*services.ALL, *OTHERS):
        (tmp_path / "into" / name).mkdir(parents=True)
    return Folders(Home(tmp_path / "keeper"), tmp_path / "into", ["onevisit.example", "localhost"])


def held(folders: Folders, name: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folders.root / name).iterdir() if path.is_file()}


def test_what_is_there_is_kept(folders: Folders) -> None:
    assert folders.fill()
    before = {name: held(folders, name) for name in (*services.ALL, *OTHERS)}
    assert folders.fill() == []
    assert {name: held(folders, name) for name in (*services.ALL, *OTHERS)} == before


def test_what_was_lost_is_given_again(folders: Folders) -> None:
    folders.fill()
    lost = folders.root / "records" / "onevisit_database_password"
    password = lost.read_bytes()
    lost.unlink()
    assert folders.fill() == ["records/onevisit_database_password"]
    assert lost.read_bytes() == password


def test_no_two_containers_share_a_password_or_a_key(folders: Folders) -> None:
    folders.fill()
    shared = {"cursor.key", "trust.pem"}
    found = [
        (name, file, content)
        for name in services.ALL
        for file, content in held(folders, name).items()
        if file not in shared
    ]
    assert len({content for _, _, content in found}) == len(found)


def test_only_the_one_who_migrates_knows_the_owners(folders: Folders) -> None:
    folders.fill()
    owners = set(held(folders, "migrate").values())
    for name in (*services.ALL, "postgres", "nats"):
        assert owners.isdisjoint(held(folders, name).values())


def test_secrets_are_for_their_container_alone(folders: Folders) -> None:
    folders.fill()
    for name in services.ALL:
        assert {stat.S_IMODE(path.stat().st_mode) for path in (folders.root / name).iterdir()} == {0o400}


def test_the_key_of_the_root_is_in_no_folder(folders: Folders) -> None:
    folders.fill()
    assert list(folders.root.rglob("root.key")) == []
    assert (folders.home.keys / "root.key").exists()


def test_the_first_certificate_is_for_the_hosts_and_for_the_bus(folders: Folders) -> None:
    folders.fill()
    certificate = x509.load_pem_x509_certificate((folders.root / "tls" / "tls.crt").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [
        "localhost",
        "nats",
        *(f"nats-{place}" for place in (1, 2, 3)),
        "onevisit.example",
    ]
    assert held(folders, "edge")["hosts.conf"] == b"server_name onevisit.example localhost;\n"


@pytest.mark.parametrize("name", ["onevisit.example", "localhost", "nats"])
async def test_whoever_trusts_what_a_service_trusts_believes_it(folders: Folders, name: str) -> None:
    folders.fill()
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(folders.root / "tls" / "tls.crt", folders.root / "tls" / "tls.key")
    trusting = ssl.create_default_context(cafile=folders.root / "gateway" / "trust.pem")
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=shown) as server:
        port = server.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname=name)
        writer.close()


def test_it_is_made_again_for_other_hosts(folders: Folders) -> None:
    folders.fill()
    changed = Folders(folders.home, folders.root, ["elsewhere.example"]).fill()
    assert {"tls/tls.crt", "tls/tls.key", "edge/hosts.conf"} <= set(changed)


def test_a_certificate_of_the_citys_own_is_left_alone(folders: Folders) -> None:
    tls = folders.root / "tls"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    names = ["-subj", "/CN=onevisit.example", "-keyout", str(tls / "tls.key"), "-out", str(tls / "tls.crt")]
    subprocess.run([*make, *names], check=True, capture_output=True)
    own = held(folders, "tls")
    assert not [name for name in folders.fill() if name.startswith("tls/")]
    assert held(folders, "tls") == own
    assert held(folders, "identity")["trust.pem"].endswith(own["tls.crt"])


def test_the_bus_is_encrypted_and_lets_in_nobody_without_a_password(folders: Folders) -> None:
    folders.fill()
    told = json.loads(held(folders, "nats")["nats.conf"])
    assert told["tls"]["cert_file"] == "/tls/tls.crt"
    assert told["jetstream"]["sync_interval"] == "always"
    assert all(user["password"] for user in told["accounts"]["PLATFORM"]["users"])


@pytest.mark.parametrize("configuration", ["nats.conf", "cluster.conf"])
def test_what_the_bus_tells_without_a_password_it_tells_nobody_outside(folders: Folders, configuration: str) -> None:
    folders.fill()
    assert json.loads(held(folders, "nats")[configuration])["http"] == "127.0.0.1:8222"


@pytest.mark.parametrize(
    "text", ["", " , ", "a b", "a;b", "*.example", "https://onevisit.example", "onevisit.example:8443"]
)
def test_what_is_no_host_name_is_refused(text: str) -> None:
    with pytest.raises(LaunchError):
        read_hosts(text)
