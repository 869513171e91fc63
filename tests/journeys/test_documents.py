"""What the documents show works as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

from tests.journeys.conftest import ROOT, Platform

DOCUMENT = ROOT / "docs" / "for-app-backends.md"


def blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(), flags=re.MULTILINE | re.DOTALL)


def test_the_examples_for_app_backends_run_from_top_to_bottom(platform: Platform, tmp_path: Path) -> None:
    script = tmp_path / "examples.py"
    script.write_text("\n".join(blocks(DOCUMENT, "python")))
    environment = {"ONEVISIT_URL": platform.url, "ONEVISIT_KEYS": str(platform.directory / "keys"), "PATH": ""}
    result = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode == 0, result.stderr


def test_the_curl_lines_of_the_readme_work(platform: Platform) -> None:
    (lines,) = [block for block in blocks(ROOT / "README.md", "") if "curl" in block]
    token = platform.token("retiree")
    for line in lines.splitlines():
        if line.startswith("curl"):
            command = line.replace("localhost:8080", platform.url).replace("$TOKEN", token)
            result = subprocess.run(
                ["/bin/sh", "-c", command + " --fail-with-body"],
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert result.returncode == 0, f"{line}: {result.stdout}"
