"""Writes what the code itself can tell: problems, settings, metrics, events, the AsyncAPI document. Run `make docs`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from certificates.verification.errors import TEXTS
from identity.tokens.errors import OAuthError
from shared.errors import ServiceError
from shared.settings import ServiceSettings
from tests.architecture.environment import EXAMPLE, example_environment
from tests.architecture.event_pages import asyncapi_json, events_page
from tests.architecture.metrics import metrics_page
from tests.architecture.sources import PACKAGES, classes_of

DOCS = Path(__file__).parents[2] / "docs"
PREFIX = str(ServiceSettings.model_config.get("env_prefix"))
GENERATED = "This page is written by `make docs` from the code; change it there."


def pages() -> Mapping[Path, str]:
    """Every generated page, by where it belongs."""
    return {
        DOCS / "problems.md": problems_page(),
        DOCS / "settings.md": settings_page(),
        EXAMPLE: example_environment(),
        DOCS / "verdicts.md": verdicts_page(),
        DOCS / "metrics.md": metrics_page(GENERATED),
        DOCS / "events.md": events_page(GENERATED),
        DOCS / "asyncapi.json": asyncapi_json(),
    }


def problems() -> Mapping[str, list[type[ServiceError]]]:
    """Every problem code, with the classes that say it."""
    found: dict[str, list[type[ServiceError]]] = defaultdict(list)
    for error in classes_of(ServiceError):
        found[error.code].append(error)
    return dict(sorted(found.items()))


def problems_page() -> str:
    rows = [
        (f"`{code}`", said[0].status, said[0].title_en, said[0].title_zh, _places(error.__module__ for error in said))
        for code, said in problems().items()
    ]
    oauth = sorted({(f"`{error.error}`", error.status, error.description) for error in classes_of(OAuthError)})
    return f"""# Problems

Every refusal is a problem document (RFC 9457, `application/problem+json`): `type` is `urn:onevisit:problem:<code>`,
`title` is in the language that `Accept-Language` prefers, and `correlation_id` finds the request in the logs. `code` is
what programs act on: it is never given another meaning. Further members are facts (`errors`, `reason`, `service`) and
never a value that was sent. {GENERATED}

{_table(("code", "status", "title", "中文", "said in"), rows)}
## The token endpoint

`POST /oauth/token` refuses as RFC 6749 section 5.2 says, with `error` and `error_description`:

{_table(("error", "status", "meaning"), oauth)}"""


def verdicts_page() -> str:
    rows = [(f"`{code}`", text.en, text.zh) for code, text in TEXTS.items()]
    return f"""# Verdicts

Why a certificate is not genuine or not in force, as `POST /v1/verifications` and `onevisit verify` say it in `reasons`:
a code for programs, which is never given another meaning, and a text in both languages for people. The first check that
fails is the one that is told. {GENERATED}

{_table(("code", "in words", "中文"), rows)}"""


def settings() -> Mapping[str, Mapping[str, FieldInfo]]:
    """What every service is told, and by service what it alone is told."""
    common = ServiceSettings.model_fields
    own = {
        declared.__module__.split(".")[0]: {
            name: field for name, field in declared.model_fields.items() if name not in common
        }
        for declared in classes_of(ServiceSettings)
        if declared is not ServiceSettings
    }
    return {"shared": common, **{name: own[name] for name in PACKAGES if own.get(name)}}


def settings_page() -> str:
    sections = [
        f"## {'Every service' if name == 'shared' else name}\n\n"
        + _table(
            ("variable", "value", "default", "meaning"),
            [
                (f"`{PREFIX}{field.upper()}`", _values(declared), _default(declared), declared.description)
                for field, declared in fields.items()
            ],
        )
        for name, fields in settings().items()
    ]
    return f"""# Settings

A service reads its settings from the environment when it starts, and refuses to start where one is missing or wrong.
`onevisit up` sets all of them itself. {GENERATED}

What is not in the environment may be in a file of the directory that `{PREFIX}SECRETS_DIRECTORY` names, called as the
variable is, in lower case: `onevisit_database_password`.

{chr(10).join(sections)}
`{PREFIX}FAILPOINT` (`<step>:crash` or `<step>:stop`, see `shared/messaging/failpoints.py`) ends or halts a process
between two steps of messaging. For tests alone.

`onevisit migrate` reads `{PREFIX}MIGRATE_<SERVICE>_URL`: each database, as the role that owns its tables.
`onevisit provision` reads `{PREFIX}POSTGRES_URL`: the cluster, as whoever may make roles and databases in it. Their
passwords are in the URL, or in a variable or file that ends in `_PASSWORD` in its place.
`onevisit secrets init` reads `{PREFIX}HOSTS`: the names by which the platform is reached, separated by commas.
`onevisit backup` and `restore` read `{PREFIX}BACKUP_PASSPHRASE_FILE`, and `{PREFIX}POSTGRES_PROGRAMS`: the directory of
`pg_dump` and its kin, where they are not on the path.

`onevisit admin` and `onevisit catalogue` read `{PREFIX}URL` (the platform's public address), `{PREFIX}ADMIN_CLIENT` and
`{PREFIX}ADMIN_KEY_FILE` (who you are); without them, they work on the platform of the data directory.
"""


def _places(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(f"`{name}`" for name in names))


def _values(field: FieldInfo) -> str:
    options = get_args(field.annotation)
    origin = get_origin(field.annotation)
    if origin in (dict, frozenset):
        return "JSON" if origin is dict else "list"
    if options and all(isinstance(option, str) for option in options):
        return " ".join(f"`{option}`" for option in options)
    given = [
        get_args(option)[0] if get_origin(option) is Annotated else option
        for option in options
        if option is not type(None)
    ] or [field.annotation]
    words = {
        str: "text",
        SecretStr: "text, secret",
        int: "number",
        float: "number",
        bool: "`true` `false`",
        Path: "path",
    }
    return ", ".join(words[kind] for kind in given if kind is not None)


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if value is PydanticUndefined:
        return "must be given"
    if value is None:
        return ""
    if isinstance(value, frozenset):
        return f"`{','.join(sorted(value))}`" if value else ""
    if isinstance(value, dict):
        return "see `gateway/settings.py`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, "utf-8")
