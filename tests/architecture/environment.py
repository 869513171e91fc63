"""`deploy/example.env`: every setting, as a file to begin with. Written by `make docs`."""

import textwrap
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from deploy import services
from shared.settings import ServiceSettings
from tests.architecture.sources import classes_of

EXAMPLE = Path(__file__).parents[2] / "deploy" / "example.env"
PREFIX = str(ServiceSettings.model_config.get("env_prefix"))
HEAD = """\
# Every setting of OneVisit, as a file to begin with. Written by `make docs` from the code; change it there.
#
# What is set here must be given, or is what a deployment has; what is behind a `#` is the default. The first part is
# told to every service, each of the others to one; `{service}` stands for its name. Passwords are not written here:
# name a directory of secrets (ONEVISIT_SECRETS_DIRECTORY) with a file for each (`onevisit_database_password`).

# --- every service ----------------------------------------------------------------------------------------------------

"""


def settings_of(service: str) -> type[ServiceSettings]:
    """The class of its settings."""
    module = import_module(f"{service}.settings")
    (found,) = (each for each in classes_of(ServiceSettings) if each.__module__ == module.__name__)
    return found


def example_environment() -> str:
    common = ServiceSettings.model_fields
    parts = [HEAD + _lines(common)]
    for service in services.ALL:
        own = {name: field for name, field in settings_of(service).model_fields.items() if name not in common}
        if own:
            title = f"# --- {service} "
            parts.append(f"{title}{'-' * (120 - len(title))}\n\n{_lines(own)}")
    return "\n".join(parts)


def _lines(fields: Mapping[str, FieldInfo]) -> str:
    return "\n".join(_line(f"{PREFIX}{name.upper()}", field) for name, field in fields.items())


def _line(variable: str, field: FieldInfo) -> str:
    comment = "\n".join(textwrap.wrap(str(field.description), 118, initial_indent="# ", subsequent_indent="# "))
    if field.examples:
        return f"{comment}\n{variable}={field.examples[0]}\n"
    return f"{comment}\n#{variable}={_plain(field.default)}\n"


def _plain(value: Any) -> str:
    if value is None or value is PydanticUndefined or isinstance(value, dict):
        return ""
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    return str(value).lower() if isinstance(value, bool) else str(value)
