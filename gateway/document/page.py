"""The OpenAPI document as a page to read: no script, nothing fetched from elsewhere, works where no internet is."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "summary{cursor:pointer;padding:.4rem 0}code{font-size:.95em}b{display:inline-block;min-width:4.2rem}"
    "pre{background:#f4f4f4;padding:.8rem;overflow:auto}details{border-bottom:1px solid #ddd}"
)


def page_of(document: Mapping[str, Any]) -> str:
    """HTML for people; `/openapi.json` has the same for machines."""
    operations = [
        (tags[0] if (tags := operation.get("tags")) else "", path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    parts: list[str] = []
    for tag in dict.fromkeys(operation[0] for operation in operations):
        parts.append(f"<h2>{escape(tag)}</h2>")
        parts.extend(_section(path, method, one) for of, path, method, one in operations if of == tag)
    info = document["info"]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f"<style>{STYLE}</style><h1>{escape(info['title'])}</h1><p>{escape(info['description'])}</p>"
        f'<p><a href="/openapi.json">OpenAPI 3.1</a></p>{"".join(parts)}</html>'
    )


def _section(path: str, method: str, operation: Mapping[str, Any]) -> str:
    title = f"<b>{escape(method.upper())}</b> <code>{escape(path)}</code> {escape(operation.get('summary', ''))}"
    return f"<details><summary>{title}</summary>{''.join(_details(operation))}</details>"


def _details(operation: Mapping[str, Any]) -> Iterator[str]:
    if description := operation.get("description"):
        yield f"<p>{escape(description)}</p>"
    for parameter in operation.get("parameters", []):
        need = "required" if parameter.get("required") else "optional"
        yield f"<p><code>{escape(parameter['name'])}</code> ({escape(parameter['in'])}, {need})</p>"
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<p>Body {escape(media)}: <code>{escape(_schema_name(content.get('schema', {})))}</code></p>"
    for status, response in operation.get("responses", {}).items():
        yield f"<p>{escape(status)}: {escape(response.get('description', ''))}</p>"


def _schema_name(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", schema.get("title", schema.get("type", "")))).rpartition("/")[2]
