"""What the demonstration prints: who was asked what, where each field came from, who was woken by what."""

import json
import sys
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.demo.checks import Check
from deploy.demo.story import Outcome


class Report:
    """Prints each step as it happens. With `as_json` it stays silent and prints one document at the end."""

    def __init__(self, console: Console, *, as_json: bool) -> None:
        self.console = console
        self.as_json = as_json
        self.steps: list[dict[str, str]] = []

    def step(self, who: str, what: str) -> None:
        """One line: who did what."""
        self.steps.append({"who": who, "what": what})
        if not self.as_json:
            self._line(f"[cyan]{who:>18}[/]  {escape(what)}")

    def heading(self, text: str) -> None:
        if not self.as_json:
            self.console.print()
            self.console.rule(f"[bold]{text}", align="left")

    def draft(self, draft: dict[str, Any]) -> None:
        """Every field with its source, then the asked ones with the reason, and who will do what."""
        if self.as_json:
            return
        for field in sorted(draft["fields"], key=_is_asked):
            style = "yellow" if _is_asked(field) else "green"
            name = f"{field['label']['zh']} ({field['element']})"
            told = _why(field) if _is_asked(field) else f"{_value(field)}  [dim]{_source(field)}[/]"
            self._line(f"[{style}]{'ASKED' if _is_asked(field) else field['state']:>18}[/]  {escape(name)}: {told}")
        for step in draft["steps"]:
            after = f" after {', '.join(step['waits_for'])}" if step["waits_for"] else " at once"
            within = f"{step['promised_days']} working day{'s' if step['promised_days'] > 1 else ''}"
            self.step(step["department"], f"will handle {step['item']}{after}, within {within}")

    def finish(self, outcome: Outcome, checks: list[Check], *, elapsed: float, urls: dict[str, str]) -> None:
        """The closing table, the certificates, what was checked, and where to look further."""
        counts = outcome.draft.get("counts", {})
        summary = {
            "asked": counts.get("asked"),
            "reused": counts.get("reused"),
            "known": sum(field["state"] == "known" for field in outcome.draft.get("fields", [])),
            "visits": outcome.draft.get("visits"),
            "elapsed_seconds": round(elapsed, 1),
        }
        certificates = [
            {"kind": item["kind"], "number": item["number"], "state": item["state"]} for item in outcome.certificates
        ]
        if self.as_json:
            document = {
                "summary": summary,
                "certificates": certificates,
                "checks": [{"name": check.name, "held": check.held, "detail": check.detail} for check in checks],
                "urls": urls,
                "steps": self.steps,
            }
            sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
            return
        self._tables(summary, certificates, checks, urls)

    def _tables(
        self,
        summary: dict[str, Any],
        certificates: list[dict[str, Any]],
        checks: list[Check],
        urls: dict[str, str],
    ) -> None:
        self.heading("What it came to")
        table = Table("asked", "reused", "visits", "elapsed")
        # What one department's result tells the next is reused as well; it could not be shown before it existed.
        reused = f"{summary['known']} known + {summary['reused'] - summary['known']} from result to result"
        table.add_row(str(summary["asked"]), reused, str(summary["visits"]), f"{summary['elapsed_seconds']} s")
        self.console.print(table)
        for certificate in certificates:
            self.step(certificate["kind"], f"{certificate['number']}  {certificate['state']}")
        self.heading("Checked")
        for check in checks:
            mark = "[green]OK[/]" if check.held else "[red]FAILED[/]"
            self._line(f"{mark:>27}  {check.name}  [dim]{escape(check.detail)}[/]")
        if urls:
            self.heading("Look further")
        for name, url in urls.items():
            self._line(f"{name:>18}  {url}")

    def _line(self, text: str) -> None:
        self.console.print(text, highlight=False, soft_wrap=True)


def _is_asked(field: dict[str, Any]) -> bool:
    return bool(field["state"] == "missing")


def _value(field: dict[str, Any]) -> str:
    value = field.get("value")
    return "" if value is None else escape(str(value)[:40])


def _source(field: dict[str, Any]) -> str:
    source = field.get("source")
    return f"from {source['issuer']}: {source['evidence_kind']} of {source['as_of']}" if source else ""


def _why(field: dict[str, Any]) -> str:
    return escape(str((field.get("why") or {}).get("en", "")))
