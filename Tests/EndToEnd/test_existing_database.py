"""`DATABASE_URL`: a stack on a PostgreSQL server that is there already and has other things to do."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import REPOSITORY
from harness import application, eventually
from localstack.api import API
from localstack.browser import Browser
from localstack.build import find_binaries
from localstack.cluster import Cluster
from localstack.consent import walk
from localstack.errors import StackError
from localstack.layout import Layout
from localstack.options import Options
from localstack.ports import free_port
from localstack.sql import Server
from localstack.stack import OWNER, RunningStack, Stack

OUR_DATABASES = {"vault", "policy"}
OUR_ROLES = {"vault_owner", "vault_app", "policy_owner", "policy_app"}
# Another application's database, role and rows, and settings of the server itself.
NEIGHBOUR = """
CREATE ROLE shop LOGIN PASSWORD 'shop' CREATEDB;
CREATE DATABASE shop OWNER shop;
ALTER ROLE shop SET statement_timeout = '7s';
ALTER SYSTEM SET log_min_duration_statement = '9s';
SELECT pg_reload_conf();
\\connect shop
CREATE TABLE item (id int PRIMARY KEY, name text);
INSERT INTO item SELECT number, 'item ' || number FROM generate_series(1, 100) AS number;
GRANT SELECT ON item TO PUBLIC;
"""
# Whether the sessions of the stack are encrypted, and how many there are.
SESSIONS = """
SELECT bool_and(ssl) || '|' || count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
  WHERE datname IN ('vault', 'policy');
"""
# One line per thing that a stack could have touched: by kind, name and everything about it.
CATALOGUE = """
SELECT 'database|' || datname || '|' || row_to_json(d)::text
  FROM (SELECT datname, datdba::regrole, encoding, datcollate, datistemplate, datallowconn, datconnlimit, datacl
        FROM pg_database) AS d;
SELECT 'role|' || rolname || '|' || row_to_json(r)::text FROM (SELECT * FROM pg_authid) AS r;
SELECT 'membership|' || roleid::regrole || '|' || row_to_json(m)::text FROM pg_auth_members AS m;
SELECT 'setting|' || coalesce(setrole::regrole::text, '') || '|' || row_to_json(s)::text FROM pg_db_role_setting AS s;
SELECT 'file|' || name || '|' || setting FROM pg_file_settings;
SELECT 'tablespace|' || spcname || '|' || row_to_json(t)::text FROM pg_tablespace AS t;
"""
CONTENTS = """
SELECT 'relation|' || c.oid::regclass || '|' || row_to_json(c)::text
  FROM (SELECT oid, relname, relnamespace, relowner::regrole, relkind, relacl, relrowsecurity FROM pg_class
        WHERE relnamespace = 'public'::regnamespace) AS c;
SELECT 'schema|' || nspname || '|' || row_to_json(n)::text FROM pg_namespace AS n WHERE nspname NOT LIKE 'pg_t%';
SELECT 'extension|' || extname || '|' || extversion FROM pg_extension;
"""


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="lanyard-e2e-existing-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(params=["socket", "tls"])
def existing(request, folder):
    """A PostgreSQL server that nobody's stack has started, with somebody else's database in it."""
    layout = Layout(REPOSITORY, folder / "server")
    layout.create()
    cluster = Cluster(layout)
    server = cluster.start()
    try:
        if request.param == "tls":
            server = over_tls(cluster, layout)
        server.run(NEIGHBOUR)
        yield server
    finally:
        cluster.stop(erase=True)


def over_tls(cluster: Cluster, layout: Layout) -> Server:
    """Restarts the server so that it listens on TCP, for encrypted connections only."""
    port, data = free_port([]), (layout.data / "postgres").resolve()
    certificate, key = data / "server.crt", data / "server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-out", certificate, "-keyout", key],
        check=True, capture_output=True,
    )
    authority = layout.data / "authority.crt"
    shutil.copyfile(certificate, authority)
    for file in (certificate, key):
        file.chmod(0o600)
        os.chown(file, data.stat().st_uid, data.stat().st_gid)
    with open(data / "postgresql.conf", "a", encoding="utf-8") as configuration:
        configuration.write(f"listen_addresses = '127.0.0.1'\nport = {port}\nssl = on\n")
    with open(data / "pg_hba.conf", "a", encoding="utf-8") as access:
        access.write("hostssl all all 127.0.0.1/32 scram-sha-256\n")
    cluster.stop()
    administrator = cluster.start()
    return replace(administrator, host="localhost", port=port, authority_file=str(authority))


def everything(server: Server) -> set[str]:
    """What is on the server, but for our own databases, roles and who is a member of them."""
    lines = set(server.run(CATALOGUE).splitlines())
    for database in ("postgres", "template1", "shop"):
        found = server.acting_as(server.user, server.password, database).run(CONTENTS).splitlines()
        lines |= {f"{database}|{line}" for line in found}
    ours = OUR_DATABASES | OUR_ROLES
    return {line for line in lines if line.split("|")[1] not in ours}


def names(server: Server, table: str, column: str) -> set[str]:
    return set(server.run(f"SELECT {column} FROM {table};").splitlines())


def connect(running: RunningStack) -> dict:
    """The main job once: a person consents, a token is released."""
    practice = running.plan.practice
    integration = running.host.session(OWNER["id"], "owner").create_integration(
        name="Practice", provider="sandbox", clientId=practice.client_id, clientSecret=practice.client_secret,
        defaultScopes=["mail.read"],
    )
    member: API = running.host.session("member")
    inbox = application()
    flow = member.resolve(inbox, integrationId=integration["id"])["flow"]
    walk(Browser(), flow["url"], lambda url: running.practice_provider.authorize(url, "ada"))
    assert member.flow(flow["id"])["status"] == "completed"
    answer = member.resolve(inbox, integrationId=integration["id"])
    assert answer["status"] == "ready"
    assert running.practice_provider.messages(answer["auth"]["accessToken"])[0] == 200
    return answer["auth"]


def test_a_stack_on_an_existing_server_touches_only_what_is_its_own(folder, existing):
    binaries = find_binaries(REPOSITORY, "debug")
    before = everything(existing)
    databases, roles = names(existing, "pg_database", "datname"), names(existing, "pg_roles", "rolname")
    assert any("shop" in line for line in before)
    started = existing.run("SELECT pg_postmaster_start_time();")
    shop = existing.acting_as(existing.user, existing.password, "shop")
    rows = shop.run("SELECT md5(string_agg(item::text, ',' ORDER BY id)) || count(*) FROM item;")

    stack = Stack(Options(repository=REPOSITORY, data=folder / "stack", database_url=existing.url))
    try:
        running = stack.up(binaries)
        assert running.fresh and running.server == existing
        auth = connect(running)
        sessions = existing.run(SESSIONS)
        stack.down()
        # The data is on the server: a second start finds it.
        running = stack.up(binaries)
        assert not running.fresh
        listed = running.host.session("member").call("GET", "/v1/connections")["items"]
        assert [entry["id"] for entry in listed] == [auth["id"]]
    finally:
        stack.down(erase=True)

    encrypted, _, count = sessions.partition("|")
    assert encrypted == ("false" if existing.authority_file is None else "true") and int(count) > 0
    assert existing.run("SELECT pg_postmaster_start_time();") == started, "the server was left running"
    connected = "SELECT count(*) FROM pg_stat_activity WHERE datname IN ('vault', 'policy');"
    eventually(lambda: existing.run(connected) == "0", what="the end of every session of the stack")
    assert names(existing, "pg_database", "datname") == databases | OUR_DATABASES
    assert names(existing, "pg_roles", "rolname") == roles | OUR_ROLES
    assert everything(existing) == before
    assert shop.run("SELECT md5(string_agg(item::text, ',' ORDER BY id)) || count(*) FROM item;") == rows
    assert not (folder / "stack" / "postgres").exists(), "no server of the stack's own was made"
    way = "a socket" if encrypted == "false" else "TLS"
    print(f"figure: stack on an existing server over {way}: {count} sessions, {len(before)} things of others, "
          f"0 changed; {len(OUR_DATABASES)} databases and {len(OUR_ROLES)} roles added")


@pytest.mark.parametrize(("query", "named"), [
    ("sslmode=require", "sslmode"), ("sslmode=verify-full", "sslrootcert"),
    ("sslmode=verify-ca&sslrootcert=/ca", "sslmode"), ("sslmode=verify-full&sslrootcert=ca.pem", "absolute"),
    ("options=-csearch_path", "options"),
])
def test_a_url_that_cannot_be_kept_to_is_refused(query, named):
    with pytest.raises(StackError, match=named):
        Server.parse(f"postgres://me:canary@localhost/postgres?{query}")
