"""What the documents show works as it stands there."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.journeys.conftest import ROOT, Platform

LIBRARIES = {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "deploy" / "client")))}
FOR_APP_BACKENDS = ROOT / "docs" / "for-app-backends.md"
FOR_DEPARTMENTS = ROOT / "docs" / "for-departments.md"


def blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(), flags=re.MULTILINE | re.DOTALL)


def run_python(document: Path, platform: Platform, directory: Path) -> None:
    """All its examples as one program, from top to bottom."""
    script = directory / "examples.py"
    script.write_text("\n".join(blocks(document, "python")))
    environment = {"ONEVISIT_URL": platform.url, "ONEVISIT_KEYS": str(platform.directory / "keys"), "PATH": ""}
    result = subprocess.run(
        [sys.executable, script],
        cwd=directory,
        env=environment | LIBRARIES,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr


def test_the_examples_for_app_backends_run_from_top_to_bottom(platform: Platform, tmp_path: Path) -> None:
    run_python(FOR_APP_BACKENDS, platform, tmp_path)


def test_what_departments_are_shown_works_from_the_first_line_on(platform: Platform, tmp_path: Path) -> None:
    lines = "".join(blocks(FOR_DEPARTMENTS, "sh")).removeprefix("make up\n")
    program, data = f"{shlex.quote(sys.executable)} -m deploy.cli", f"--data-dir {shlex.quote(str(platform.directory))}"
    commands = lines.replace("--data-dir .onevisit", "").replace("\\\n", " ").splitlines()
    script = [re.sub(r"^\.venv/bin/onevisit (events )?(\S+)", rf"{program} \1\2 {data}", line) for line in commands]
    result = subprocess.run(
        ["/bin/sh", "-ec", "\n".join(script)],
        cwd=tmp_path,
        env=os.environ | LIBRARIES,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert "  evt.certificate.issued.household-register-page.33.07.82  #1  {" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("complete: enrolments against ")
    assert json.loads((tmp_path / "enrolments.jsonl").read_text().splitlines()[0])["type"] == "certificate.issued.v1"
    run_python(FOR_DEPARTMENTS, platform, tmp_path)


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
