"""What a database administrator runs where we may not: the same roles, databases and grants, as a script for psql.

It needs no superuser: whoever may make roles and databases is enough (CREATEROLE, CREATEDB), as with managed services.
Passwords come from the environment of whoever runs it, and stand nowhere.
"""

from collections.abc import Iterator, Sequence

from deploy.provisioning.postgres import owner_of, row_grants, settings_of


def script(services: Sequence[str]) -> str:
    """The script, for `psql --file`. Safe to repeat: what is there stays, and each role gets its password again."""
    return "\n".join([*_beginning(services), *(line for each in services for line in _service(each)), ""])


def _beginning(services: Sequence[str]) -> Iterator[str]:
    names = " ".join(_variable(role) for service in services for role in (owner_of(service), service))
    yield "-- OneVisit: a database for each service, the role that owns its tables, and the role that uses them."
    yield "-- psql --file=this --dbname=postgres, by CREATEROLE and CREATEDB. Passwords from the environment:"
    yield f"-- {names}"
    yield "\\set ON_ERROR_STOP on"


def _service(service: str) -> Iterator[str]:
    owner = owner_of(service)
    yield f"\n-- {service}"
    yield "\\connect postgres"
    yield "SET client_min_messages = warning;"
    for role in (owner, service):
        # Without a password psql would leave the name of the variable where the password should be.
        yield f"\\getenv {role}_password {_variable(role)}"
        yield _unless("pg_roles", "rolname", role, f'CREATE ROLE "{role}" LOGIN')
        yield f"ALTER ROLE \"{role}\" LOGIN PASSWORD :'{role}_password';"
    for role, settings in settings_of(service).items():
        yield from (f'ALTER ROLE "{role}" SET {setting};' for setting in settings)
    # Who is no superuser gives a database, and default rights, only as a member of the role.
    yield f'GRANT "{owner}" TO CURRENT_USER;'
    yield _unless("pg_database", "datname", service, f'CREATE DATABASE "{service}" OWNER "{owner}"')
    yield f'REVOKE ALL ON DATABASE "{service}" FROM PUBLIC;'
    yield f'GRANT CONNECT ON DATABASE "{service}" TO CURRENT_USER;'
    yield f'\\connect "{service}"'
    yield f'GRANT USAGE, CREATE ON SCHEMA public TO "{owner}";'
    yield from (f"{statement};" for statement in row_grants(service, owner=owner, role=service))


def _variable(role: str) -> str:
    return f"ONEVISIT_{role.upper()}_PASSWORD"


def _unless(catalogue: str, column: str, name: str, statement: str) -> str:
    # All of it is ours: names of services, in a script that nobody runs but who has read it.
    return f"SELECT '{statement}' WHERE NOT EXISTS (SELECT FROM {catalogue} WHERE {column} = '{name}') \\gexec"  # noqa: S608
