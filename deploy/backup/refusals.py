"""What PostgreSQL and the disk refuse becomes one clear line."""

from collections.abc import Generator
from contextlib import contextmanager

import asyncpg

from deploy.embedded.errors import LaunchError


@contextmanager
def in_one_line(what: str) -> Generator[None]:
    """Whoever does `what` is told why it failed, without rows and without a trace."""
    try:
        yield
    except asyncpg.PostgresError as error:
        # What else PostgreSQL says of an error (DETAIL) may hold values.
        raise LaunchError(f"{what} failed: PostgreSQL says: {str(error.args[0]).splitlines()[0]}") from None
    except asyncpg.InterfaceError as error:
        raise LaunchError(f"{what} failed: the connection to PostgreSQL broke ({type(error).__name__})") from None
    except OSError as error:
        raise LaunchError(f"{what} failed: {error.strerror or type(error).__name__}") from None
