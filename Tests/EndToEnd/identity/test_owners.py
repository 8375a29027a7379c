"""Roles: who may give them, and that an organization with an owner keeps one."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from harness import sql
from localstack.api import API

RACES = 10
RACERS = 20


def owners(harness, organization) -> int:
    return int(sql(harness, "policy", "SELECT count(*) FROM member WHERE role = 'owner' AND removed_at IS NULL AND"
                                      f" organization_id = '{organization.id}'"))


def test_roles_are_given_by_those_who_may(harness):
    organization = harness.organization()
    users = {name: organization.host.create_session(name, role) for name, role in (
        ("second", "owner"), ("admin", "admin"), ("member", "member"))}
    ids = {name: session["userId"] for name, session in users.items()}
    admin, member = (API(harness.gateway, users[name]["token"]) for name in ("admin", "member"))
    listed = organization.owner.call("GET", "/v1/users?limit=2")
    rest = organization.owner.call("GET", f"/v1/users?limit=2&cursor={listed['nextCursor']}")
    roles = {user["externalId"]: user["role"] for user in listed["items"] + rest["items"]}
    assert roles == {"owner": "owner", "second": "owner", "admin": "admin", "member": "member"}
    assert member.raw("GET", "/v1/users").status == 403
    assert member.raw("PATCH", f"/v1/users/{ids['member']}", {"role": "owner"}).status == 403
    for target, role in (("member", "owner"), ("admin", "owner"), ("second", "member")):
        assert admin.raw("PATCH", f"/v1/users/{ids[target]}", {"role": role}).status == 403
    assert admin.raw("DELETE", f"/v1/users/{ids['second']}").status == 403
    assert admin.call("PATCH", f"/v1/users/{ids['member']}", {"role": "admin"})["role"] == "admin"
    assert admin.call("PATCH", f"/v1/users/{ids['admin']}", {"role": "member"})["role"] == "member"
    assert admin.raw("GET", "/v1/users").status == 403, "in force at once, also for sessions that exist"
    assert member.raw("GET", "/v1/users").status == 403, "a session never lends more than it was made with"


def test_the_last_owner_stays(harness):
    organization = harness.organization()
    last = organization.owner.call("GET", "/v1/me")["user"]["id"]
    for caller in (organization.owner, organization.host):
        for method, body in (("PATCH", {"role": "member"}), ("DELETE", None)):
            answer = caller.raw(method, f"/v1/users/{last}", body)
            assert (answer.status, answer.json()["code"]) == (409, "last_owner")
    # The host platform's word about a person is no way round it either.
    organization.host.create_session("owner", "member")
    assert organization.owner.call("GET", "/v1/users")["items"][0]["role"] == "owner"


def test_of_many_demotions_at_once_one_owner_stays(harness):
    left = []
    for race in range(RACES):
        organization = harness.organization()
        ids = [organization.owner.call("GET", "/v1/me")["user"]["id"],
               organization.host.create_session("second", "owner")["userId"]]
        callers = [API(harness.gateway, organization.host._token) for _ in range(RACERS)]
        start = Barrier(RACERS)

        def demote(number: int) -> int:
            start.wait()
            target = ids[number % 2]
            if number % 4 < 2:
                return callers[number].raw("PATCH", f"/v1/users/{target}", {"role": "member"}).status
            if number % 8 == 2:
                return callers[number].raw("DELETE", f"/v1/users/{target}").status
            name = ("owner", "second")[number % 2]
            return callers[number].raw("POST", "/v1/sessions", {"user": {"id": name}, "role": "member"}).status

        with ThreadPoolExecutor(RACERS) as pool:
            answers = list(pool.map(demote, range(RACERS)))
        assert all(status in (200, 201, 204, 404, 409) for status in answers), answers
        left.append(owners(harness, organization))
    print(f"figure: {RACES} times {RACERS} demotions of 2 owners at once left {min(left)} owner at least, {max(left)} at most")
    assert min(left) == max(left) == 1
