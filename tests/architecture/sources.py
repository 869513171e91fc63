"""Every module of the platform's services, loaded: what the checks of this folder look at."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType
from typing import TypeVar

from deploy import services

T = TypeVar("T")
PACKAGES = ("shared", *services.ALL)
# These run when they are imported: Alembic's scripts.
NOT_TO_IMPORT = (".migrations", ".__main__")


def modules() -> Iterator[ModuleType]:
    """All modules of shared and the services."""
    for package in PACKAGES:
        for found in walk_packages(import_module(package).__path__, f"{package}."):
            if not any(part in found.name for part in NOT_TO_IMPORT):
                yield import_module(found.name)


def classes_of(kind: type[T]) -> list[type[T]]:
    """This class, if it is ours, and every one that extends it; ordered by where they are."""
    found = {
        value
        for module in modules()
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, kind) and value.__module__ == module.__name__
    }
    return sorted(
        found, key=lambda each: (PACKAGES.index(each.__module__.split(".")[0]), each.__module__, each.__name__)
    )
