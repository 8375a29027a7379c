"""Client secrets of an Integration: replaced in the middle of traffic, refused by the provider, and put right again."""

import json
import secrets
import threading
import time
from dataclasses import dataclass, field

import pytest
from harness import application, eventually, practice_party, sql
from localstack.api import API, Problem
from localstack.browser import Browser
from localstack.consent import walk

# Together below what the vaults let one provider be asked per second.
ACCOUNTS = 6
PAUSE_SECONDS = 0.25
TOLD = ["integration.secret.refused", "integration.broken", "integration.recovered", "connection.broken"]
PATIENCE_SECONDS = 120


@dataclass
class Client:
    """An Integration with a client of its own at the practice provider, which takes the secrets that it is told to."""

    harness: object
    integration: dict
    secret: str

    @classmethod
    def make(cls, harness, owner: API) -> "Client":
        client_id, secret = f"client-{secrets.token_hex(4)}", secrets.token_urlsafe()
        integration = owner.create_integration(
            name="Practice", provider="sandbox", clientId=client_id, clientSecret=secret, defaultScopes=["mail.read"])
        client = cls(harness, integration, secret)
        client.accept(secret)
        return client

    def accept(self, *accepted: str) -> None:
        """These secrets and no other, from now on."""
        first, *others = accepted
        self.harness.running.practice_provider.add_client(
            self.integration["clientId"], first, self.integration["redirectUri"], *others)

    @property
    def path(self) -> str:
        return f"/v1/integrations/{self.integration['id']}"

    def store(self, owner: API, secret: str, **more) -> dict:
        return owner.call("POST", f"{self.path}/secrets", {"clientSecret": secret, **more})

    def shown(self, owner: API) -> dict:
        return owner.call("GET", self.path)


@dataclass
class Account:
    """A Connection that is refreshed again and again."""

    member: API
    application: dict
    id: str
    refreshes: int = 0
    failures: list[str] = field(default_factory=list)

    def refresh_until(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self.member.refresh(self.id, self.application)
                self.refreshes += 1
            except Problem as problem:
                self.failures.append(str(problem))
            stop.wait(PAUSE_SECONDS)


def connect(harness, organization, client: Client, count: int) -> list[Account]:
    party, accounts = practice_party(harness), []
    for _ in range(count):
        member, app = organization.member(), application()
        auth = harness.connect(member, client.integration, party, app)
        accounts.append(Account(member, app, auth["id"]))
    return accounts


def told(receiver, path: str) -> list[str]:
    return [json.loads(attempt.body)["type"] for attempt in receiver.of(path)]


def listen(organization, receiver) -> str:
    path = f"/good/{secrets.token_hex(4)}"
    organization.owner.call("POST", "/v1/webhooks", {"url": receiver.url(path), "events": TOLD})
    return path


def of(accounts: list[Account]) -> str:
    return ",".join(f"'{account.id}'" for account in accounts)


def attempts(harness, accounts: list[Account]) -> int:
    return int(sql(harness, "vault", f"SELECT count(*) FROM refresh_attempt WHERE connection_id IN ({of(accounts)})"))


def statuses(organization, client: Client) -> list[dict]:
    return organization.owner.call("GET", f"/v1/connections?integrationId={client.integration['id']}&limit=100")["items"]


def test_a_secret_is_replaced_in_the_middle_of_traffic(harness, receiver):
    organization = harness.organization()
    owner, client = organization.owner, Client.make(harness, organization.owner)
    path = listen(organization, receiver)
    accounts = connect(harness, organization, client, ACCOUNTS)
    first, second, third = client.secret, secrets.token_urlsafe(), secrets.token_urlsafe()
    stop = threading.Event()
    threads = [threading.Thread(target=each.refresh_until, args=(stop,), daemon=True) for each in accounts]

    def traffic() -> None:
        """Lets every account be refreshed three times: what was under way before is over then."""
        goals = [each.refreshes + len(each.failures) + 3 for each in accounts]
        eventually(
            lambda: all(each.refreshes + len(each.failures) >= goal for each, goal in zip(accounts, goals)),
            PATIENCE_SECONDS, "three refreshes of every account")

    for thread in threads:
        thread.start()
    try:
        traffic()
        client.accept(first, second)
        shown = client.store(owner, second)
        assert [each["state"] for each in shown["secrets"]] == ["current", "previous"]
        traffic()
        # The provider has done with the old one.
        client.accept(second)
        traffic()
        assert "problem" not in client.shown(owner)
        # The provider takes the new one back, and only the old one works.
        client.accept(first)
        traffic()
        problem = client.shown(owner)["problem"]
        assert (problem["kind"], problem["reason"]) == ("currentSecretRefused", "invalid_client")
        current, previous = client.shown(owner)["secrets"]
        assert current["refusedSince"] and previous["lastUsedAt"] and "refusedSince" not in previous
        # Not in one step: a request whose two tries lie on either side of it would find neither secret good.
        client.accept(first, second, third)
        traffic()
        client.accept(second, third)
        traffic()
        assert "problem" not in client.shown(owner)
        assert "refusedSince" not in client.shown(owner)["secrets"][0]
        # A third while two live: the oldest goes. Whoever had begun with the two is done before the provider knows the third alone.
        client.store(owner, third)
        traffic()
        client.accept(third)
        traffic()
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)

    failures = [failure for each in accounts for failure in each.failures]
    dead = [each for each in statuses(organization, client) if each["status"] != "active"]
    refreshes = sum(each.refreshes for each in accounts)
    print(f"figure: client secrets changed 6 times at the provider under traffic: {refreshes} refreshes of {ACCOUNTS} "
          f"Connections, {len(failures)} failed, {len(dead)} dead Connections")
    assert failures == [] and dead == []
    assert eventually(lambda: told(receiver, path), what="the owner being told") == ["integration.secret.refused"]
    versions = sql(
        harness, "vault",
        "SELECT string_agg(version::text, ',' ORDER BY version) FROM organization_secret"
        f" WHERE owner_id = '{client.integration['id']}'")
    assert versions == "2,3"


def test_a_refused_client_stops_its_refreshes_and_a_good_secret_mends_it(harness, receiver):
    organization = harness.organization()
    owner, client = organization.owner, Client.make(harness, organization.owner)
    path = listen(organization, receiver)
    accounts = connect(harness, organization, client, 4)
    good = secrets.token_urlsafe()
    client.accept(good)
    sql(harness, "vault", f"UPDATE connection SET expires_at = now() WHERE id IN ({of(accounts)})")
    began, before = time.monotonic(), attempts(harness, accounts)
    asked = 0
    # Whoever asks is told what it is, and of all those calls hardly any reaches the provider.
    while asked < 40:
        for each in accounts:
            with pytest.raises(Problem) as refused:
                each.member.resolve(each.application, integrationId=client.integration["id"])
            assert refused.value.code == "integration_misconfigured", refused.value
            asked += 1
    made, seconds = attempts(harness, accounts) - before, time.monotonic() - began
    # Trials come after 2, 4, 8, … seconds.
    assert made <= len(accounts) + seconds / 2
    assert {(each["status"], each["reason"], each["nextStep"]) for each in statuses(organization, client)} == {
        ("configError", "invalid_client", "correctIntegration")}
    untouched = sql(
        harness, "vault",
        f"SELECT count(*) FROM connection WHERE id IN ({of(accounts)}) AND status = 'active' AND failures = 0")
    assert untouched == str(len(accounts))
    assert client.shown(owner)["problem"]["kind"] == "clientRefused"

    with pytest.raises(Problem) as refused:
        client.store(owner, "another wrong one")
    assert refused.value.code == "integration_misconfigured"
    assert len(client.shown(owner)["secrets"]) == 1, "what the provider refuses is not stored"

    client.store(owner, good)
    for each in accounts:
        harness.ready(each.member, client.integration, each.application)
    assert {each["status"] for each in statuses(organization, client)} == {"active"}
    assert "problem" not in client.shown(owner)
    eventually(lambda: len(told(receiver, path)) >= 2, PATIENCE_SECONDS, "both messages")
    assert sorted(told(receiver, path)) == ["integration.broken", "integration.recovered"]
    print(f"figure: refused client: {asked} calls of {len(accounts)} Connections in {seconds:.1f} s made {made} provider "
          f"calls, 1 alert, 0 Connections touched; all in use again after the secret was put right")


def test_what_the_owner_puts_right_at_the_provider_is_noticed(harness):
    organization = harness.organization()
    client = Client.make(harness, organization.owner)
    account = connect(harness, organization, client, 1)[0]
    client.accept("something else")
    with pytest.raises(Problem):
        account.member.refresh(account.id, account.application)
    client.accept(client.secret)
    sql(harness, "vault", f"UPDATE connection SET expires_at = now() WHERE id = '{account.id}'")

    def is_ready() -> bool:
        try:
            harness.ready(account.member, client.integration, account.application)
        except Problem as problem:
            assert problem.code in ("integration_misconfigured", "provider_unavailable"), problem
            return False
        return True

    eventually(is_ready, PATIENCE_SECONDS, "the next trial")
    assert "problem" not in client.shown(organization.owner)


def test_a_previous_secret_that_nothing_needs_is_destroyed_on_record(harness):
    organization = harness.organization()
    owner, client = organization.owner, Client.make(harness, organization.owner)
    second = secrets.token_urlsafe()
    client.accept(client.secret, second)
    client.store(owner, second)
    integration = client.integration["id"]
    sql(harness, "vault",
        f"UPDATE organization_secret SET created_at = now() - interval '8 days' WHERE owner_id = '{integration}';"
        f" UPDATE due_work SET due_at = now() WHERE record_id = '{integration}'")
    eventually(lambda: len(client.shown(owner)["secrets"]) == 1, PATIENCE_SECONDS, "the end of the previous secret")
    rows = owner.call("GET", f"/v1/audit?action=secret.destroyed&target={integration}")["items"]
    assert [row["details"] for row in rows] == [{"version": "1", "reason": "unneeded"}]


def test_a_refused_grant_is_authorized_again_under_the_same_id(harness):
    organization = harness.organization()
    client = Client.make(harness, organization.owner)
    account = connect(harness, organization, client, 1)[0]
    harness.running.practice_provider.end_authorizations("ada")
    with pytest.raises(Problem):
        account.member.refresh(account.id, account.application)
    shown = account.member.call("GET", f"/v1/connections/{account.id}")
    assert (shown["status"], shown["reason"], shown["nextStep"]) == (
        "needsReauthorization", "invalid_grant", "reconnect")
    flow = account.member.call("POST", f"/v1/connections/{account.id}/reconnect", {})
    walk(Browser(), flow["url"], practice_party(harness).approve)
    assert account.member.flow(flow["id"])["connectionId"] == account.id
    shown = account.member.call("GET", f"/v1/connections/{account.id}")
    assert shown["status"] == "active" and "nextStep" not in shown
    paused = account.member.call("POST", f"/v1/connections/{account.id}/pause", {})
    assert (paused["status"], paused["nextStep"]) == ("paused", "resume")


def test_another_account_than_the_connections_own_is_refused_and_its_grant_withdrawn(harness):
    organization, party = harness.organization(), practice_party(harness)
    client = Client.make(harness, organization.owner)
    account = connect(harness, organization, client, 1)[0]
    provider = harness.running.practice_provider
    before = account.member.refresh(account.id, account.application)

    def grants_of_grace() -> int:
        return provider.living_tokens()["people"].get("grace", {"families": 0})["families"]

    grants = grants_of_grace()

    flow = account.member.call("POST", f"/v1/connections/{account.id}/reconnect", {})
    page = walk(Browser(), flow["url"], lambda url: party.approve(url, "grace"))
    assert "ada@practice.example" in page.text, "the page says which account was expected"
    result = account.member.flow(flow["id"])
    assert result["status"] == "failed"
    assert (result["error"]["code"], result["error"]["reason"]) == ("access_denied", "wrong_account")
    # The flow's end is told after the new grant was withdrawn.
    assert grants_of_grace() == grants, "grace's grant has ended at the provider"
    assert [each["id"] for each in statuses(organization, client)] == [account.id], "nothing was stored"
    assert party.mail(before["accessToken"]) == 200, "the Connection's own grant lives"
    assert account.member.refresh(account.id, account.application)["providerAccountId"] == before["providerAccountId"]

    flow = account.member.call("POST", f"/v1/connections/{account.id}/reconnect", {})
    walk(Browser(), flow["url"], party.approve)
    assert account.member.flow(flow["id"])["connectionId"] == account.id
