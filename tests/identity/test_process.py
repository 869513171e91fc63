"""Identity as it is run: loaded by its command, served by uvicorn with relay and timers, told by the environment."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from deploy.embedded.ports import free_ports
from identity.settings import IdentitySettings
from shared.auth.service_tokens import ASSERTION_TYPE, client_assertion
from shared.clock import now
from tests.identity.world import KEYS, document
from tests.support.tokens import ISSUER

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment(settings: IdentitySettings, nats_server: str) -> dict[str, str]:
    told = settings.model_dump(mode="json", exclude_defaults=True)
    assert settings.database_url is not None
    told |= {"database_url": settings.database_url.get_secret_value(), "nats_url": nats_server, "run": "api,worker"}
    return {**os.environ, "PYTHONPATH": str(ROOT), **{f"ONEVISIT_{name.upper()}": str(told[name]) for name in told}}


@pytest.fixture
async def served(environment: dict[str, str], tmp_path: Path) -> AsyncGenerator[httpx2.AsyncClient]:
    (port,) = free_ports(1)
    with (tmp_path / "identity.log").open("wb") as log:
        command = [sys.executable, "-m", "deploy.serve", "identity", "--port", str(port)]
        process = await asyncio.create_subprocess_exec(*command, env=environment, cwd=ROOT, stderr=log)
        try:
            async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
                await until_ready(http, process)
                yield http
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
    assert b"Traceback" not in (tmp_path / "identity.log").read_bytes()


async def until_ready(http: httpx2.AsyncClient, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(60):
        while True:
            assert process.returncode is None, "the service ended before it was ready"
            with suppress(httpx2.TransportError):
                if (await http.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.1)


@pytest.mark.slow
async def test_what_was_loaded_by_command_can_be_asked_for_over_http(
    environment: dict[str, str], served: httpx2.AsyncClient, tmp_path: Path
) -> None:
    (tmp_path / "world.json").write_text(json.dumps(document()), encoding="utf-8")
    command = [sys.executable, "-m", "identity.bootstrap", str(tmp_path / "world.json")]
    loading = await asyncio.create_subprocess_exec(*command, env=environment, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    printed, _ = await loading.communicate()
    assert set(json.loads(printed)) == {"mother", "father"}
    answer = await served.post(
        "/oauth/token",
        data={
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": client_assertion(KEYS["app"], client_id="app", audience=ISSUER, at=now()),
        },
    )
    assert answer.status_code == 200, answer.text
