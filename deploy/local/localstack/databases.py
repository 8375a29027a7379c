"""The two databases and their four roles.

The owner role owns the tables and runs the migrations. The application role owns nothing, so row-level security binds it.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from .layout import Layout, write_private
from .sql import Server, literal

DATABASES = ("vault", "policy")

_ROLE = """
SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {name}) AS missing \\gset
\\if :missing
CREATE ROLE {role};
\\endif
ALTER ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {password};
"""

_DATABASE = """
SELECT NOT EXISTS (SELECT FROM pg_database WHERE datname = {name}) AS missing \\gset
\\if :missing
GRANT {owner} TO CURRENT_USER;
CREATE DATABASE {database} OWNER {owner} ENCODING 'UTF8' TEMPLATE template0;
\\endif
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO {application};
\\connect {database}
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO {owner};
GRANT USAGE ON SCHEMA public TO {application};
"""


@dataclass(frozen=True)
class Database:
    """One service's database, seen as its owner and as its application, with the files that hold the URLs."""

    owner: Server
    application: Server
    owner_url_file: Path
    application_url_file: Path


def create_databases(server: Server, layout: Layout) -> dict[str, Database]:
    """Creates what is missing and sets the roles' passwords to the remembered ones. Changes no data."""
    created = {}
    for name in DATABASES:
        owner, application = f"{name}_owner", f"{name}_app"
        owner_password, application_password = (_password(layout, role) for role in (owner, application))
        server.run(_ROLE.format(name=literal(owner), role=owner, password=literal(owner_password)))
        server.run(_ROLE.format(name=literal(application), role=application, password=literal(application_password)))
        server.run(_DATABASE.format(name=literal(name), database=name, owner=owner, application=application))
        database = Database(
            owner=server.acting_as(owner, owner_password, name),
            application=server.acting_as(application, application_password, name),
            owner_url_file=layout.secrets / f"{owner}.url",
            application_url_file=layout.secrets / f"{application}.url",
        )
        write_private(database.owner_url_file, database.owner.url + "\n")
        write_private(database.application_url_file, database.application.url + "\n")
        created[name] = database
    return created


def _password(layout: Layout, role: str) -> str:
    file = layout.secrets / f"{role}.password"
    if not file.exists():
        write_private(file, secrets.token_urlsafe(32) + "\n")
    return file.read_text(encoding="utf-8").strip()
