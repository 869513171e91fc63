"""A headless Chromium, spoken to through a pipe (DevTools protocol): what a person sees, and what leaves the page."""

import asyncio
import json
import os
import signal
from base64 import b64decode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.support.programs import program

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--remote-debugging-pipe",
)  # fmt: skip
PATIENCE = 60.0


@dataclass
class Page:
    """A tab the size of a phone's screen. `requests`: all that it asked for; `complaints`: what it logged as wrong."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    session: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _last: int = 0

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to one command; what the page tells meanwhile is noted."""
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.writer.write(json.dumps(message).encode() + b"\0")
        async with asyncio.timeout(PATIENCE):
            while True:
                heard = json.loads((await self.reader.readuntil(b"\0"))[:-1])
                if heard.get("id") == self._last:
                    assert "error" not in heard, heard
                    result: dict[str, Any] = heard["result"]
                    return result
                self._note(heard.get("method", ""), heard.get("params", {}))

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page."""
        answer = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def open(self, url: str) -> None:
        """Go there, as if somebody had scanned the address, and wait until the page is there."""
        await self.call("Page.navigate", url="about:blank")
        await self.call("Page.navigate", url=url)
        await self.until("location.href !== 'about:blank' && document.readyState === 'complete'")

    async def until(self, condition: str) -> None:
        """Wait until the page fulfils this."""
        async with asyncio.timeout(PATIENCE):
            while not await self.evaluate(f"Boolean({condition})"):  # noqa: ASYNC110 - the page has no events for us
                await asyncio.sleep(0.05)

    async def text(self, selector: str = "body") -> str:
        """What is visible there."""
        return str(await self.evaluate(f"document.querySelector({selector!r}).innerText"))

    async def choose_file(self, selector: str, path: Path) -> None:
        """As if somebody had chosen it."""
        root = (await self.call("DOM.getDocument"))["root"]["nodeId"]
        node = (await self.call("DOM.querySelector", nodeId=root, selector=selector))["nodeId"]
        await self.call("DOM.setFileInputFiles", files=[str(path)], nodeId=node)

    async def screenshot(self, path: Path) -> None:
        """A picture of the whole page."""
        picture = await self.call("Page.captureScreenshot", captureBeyondViewport=True)
        await asyncio.to_thread(path.write_bytes, b64decode(picture["data"]))

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"])
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(params["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"]["text"])


@asynccontextmanager
async def a_page(folder: Path, *, language: str = "en") -> AsyncGenerator[Page]:
    """A new browser with nothing in it, gone afterwards. Without Chromium the test is skipped, or fails."""
    chromium = program("chromium", package="chromium")
    commands, told = os.pipe(), os.pipe()
    process = await asyncio.create_subprocess_exec(
        chromium,
        *FLAGS,
        f"--user-data-dir={folder / 'browser'}",
        f"--accept-lang={language}",
        stderr=asyncio.subprocess.DEVNULL,
        preexec_fn=lambda: _hand_over(commands[0], told[1]),
        pass_fds=(3, 4),
        start_new_session=True,
        env=os.environ | {"XDG_DATA_HOME": str(_with_fonts(folder))},
    )
    os.close(commands[0])
    os.close(told[1])
    try:
        page = Page(*await _streams(told[0], commands[1]))
        target = await page.call("Target.createTarget", url="about:blank")
        page.session = (await page.call("Target.attachToTarget", targetId=target["targetId"], flatten=True))[
            "sessionId"
        ]
        for domain in ("Page", "Network", "Log", "Runtime", "DOM"):
            await page.call(f"{domain}.enable")
        await page.call("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=2, mobile=True)
        yield page
        page.writer.close()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _hand_over(commands: int, told: int) -> None:
    # The browser reads commands from 3 and tells on 4. Both first, for one of them may have the other's number.
    kept = os.dup(told)
    os.dup2(commands, 3)
    os.dup2(kept, 4)


def _with_fonts(folder: Path) -> Path:
    """A place where the browser finds a font for Chinese; a machine for tests has none of its own."""
    found = find_spec("cvttf_NotoSansCJK_Regular")
    if found is not None and found.origin is not None:
        (folder / "fonts").symlink_to(Path(found.origin).parent)
    return folder


async def _streams(told: int, commands: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=64 * 1024 * 1024)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(told, "rb", 0))
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, os.fdopen(commands, "wb", 0))
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)
