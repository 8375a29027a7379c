"""What an identity provider, or somebody between it and the browser, can get wrong on purpose: nobody is signed in."""

import json
import time

import pytest
from conftest import REPOSITORY
from harness import Harness, sql
from localstack.browser import Browser, find_button
from localstack.build import find_binaries
from localstack.options import Options
from localstack.stack import Stack
from localstack.web import HTTP

from identity.hostile_provider import HostileProvider, Keys, encoded
from identity.people import callback, cookie

SEE_OTHER = 303
# The tests come and go from one address oftener than people do.
SETTINGS = {"gateway": {"LANYARD_LIMITS_CALLBACKS_PER_ADDRESS": "5000"}}


@pytest.fixture(scope="module")
def providers():
    both = HostileProvider(), HostileProvider()
    yield both
    for provider in both:
        provider.stop()


@pytest.fixture(scope="module")
def place(folder, providers):
    stack = Stack(Options(
        repository=REPOSITORY, data=folder / "identity", overrides=SETTINGS,
        egress_allow=[provider.host_and_port for provider in providers]))
    binaries = find_binaries(REPOSITORY, "debug")
    yield Harness(stack, stack.up(binaries), binaries, None)
    stack.down(erase=True)


@pytest.fixture
def provider(providers):
    provider = providers[0]
    provider.token, provider.redirect = provider.good, lambda fields: fields
    return provider


@pytest.fixture(scope="module")
def organizations(place, providers):
    return [organization_of(place, provider) for provider in providers]


def organization_of(place, provider):
    organization = place.organization()
    organization.owner.call("PUT", "/v1/organization/identity-provider", {
        "issuer": provider.issuer, "clientId": provider.client_id, "clientSecret": provider.client_secret})
    return organization


def leave(place, organization, browser: Browser, stop) -> str:
    """Begins a sign-in; where the browser is about to go."""
    page = browser.open(f"{place.gateway}/sign-in?organization={organization.id}")
    return browser.submit(page, *find_button(page, "continue to"), stop=stop)


def come_back(place, organization) -> tuple[int, str | None]:
    """One sign-in from beginning to end: the status of the last answer and the cookie."""
    browser = Browser()
    target = leave(place, organization, browser, lambda url: "/authorize" in url)
    target = browser.open(target, stop=lambda url: "/sign-in/callback/" in url)
    return browser.http.get(target).status, cookie(browser)


def tampered(token: str, part: int, change) -> str:
    parts = token.split(".")
    parts[part] = change(parts[part])
    return ".".join(parts)


def hostile_tokens(provider, other) -> dict:
    """By what is wrong: a maker of the ID token."""
    keys, stranger = provider.keys, Keys()
    now = time.time

    def signed(header: dict, with_key: str, signer=keys, **changes):
        return lambda asked: signer.sign(header, provider.claims(asked, **changes), with_key)

    def claiming(**changes):
        return lambda asked: provider.good(asked, **changes)

    return {
        "no algorithm": signed({"alg": "none", "kid": "rsa"}, "none"),
        "no algorithm, another spelling": signed({"alg": "NonE", "kid": "rsa"}, "none"),
        "no algorithm named": signed({"kid": "rsa"}, "rsa"),
        "the public key as a shared secret": signed({"alg": "HS256", "kid": "rsa"}, "public"),
        "the public key as a shared secret, under a good name": signed({"alg": "RS256", "kid": "rsa"}, "public"),
        "another padding": signed({"alg": "PS256", "kid": "rsa"}, "pss"),
        "another padding under a good name": signed({"alg": "RS256", "kid": "rsa"}, "pss"),
        "no signature": lambda asked: tampered(provider.good(asked), 2, lambda _: ""),
        "half a signature": lambda asked: tampered(provider.good(asked), 2, lambda text: text[:len(text) // 2]),
        "a key that nobody knows": signed({"alg": "RS256", "kid": "unknown"}, "rsa"),
        "a key without a name": signed({"alg": "RS256"}, "rsa"),
        "a stranger's key": signed({"alg": "RS256", "kid": "rsa"}, "rsa", stranger),
        "a key for something else": signed({"alg": "RS256", "kid": "encryption"}, "rsa"),
        "a key of another kind": signed({"alg": "ES256", "kid": "rsa"}, "p256"),
        "a key that the token brings": signed(
            {"alg": "RS256", "kid": "own", "jwk": {**stranger.published()[0], "kid": "own"}}, "rsa", stranger),
        "a place for keys that the token names": signed(
            {"alg": "RS256", "kid": "rsa", "jku": f"{other.issuer}/keys"}, "rsa", other.keys),
        "something that must be understood": signed({"alg": "RS256", "kid": "rsa", "crit": ["x"], "x": 1}, "rsa"),
        "other claims under the signature": lambda asked: tampered(
            provider.good(asked), 1, lambda _: encoded(provider.claims(asked, sub="admin"))),
        "two parts": lambda asked: ".".join(provider.good(asked).split(".")[:2]),
        "four parts": lambda asked: provider.good(asked) + ".x",
        "padding in it": lambda asked: tampered(provider.good(asked), 1, lambda text: text + "=="),
        "no token at all": lambda asked: None,
        "text": lambda asked: "not a token",
        "claims that are a list": lambda asked: keys.sign({"alg": "RS256", "kid": "rsa"}, [provider.claims(asked)]),
        "another audience": claiming(aud="another-client"),
        "no audience": claiming(aud=None),
        "several audiences and no party": claiming(aud=[provider.client_id, "another-client"]),
        "another party": claiming(azp="another-client"),
        "another issuer": claiming(iss=other.issuer),
        "the issuer with a slash": claiming(iss=provider.issuer + "/"),
        "no issuer": claiming(iss=None),
        "an end an hour ago": claiming(exp=int(now()) - 3_600),
        "no end": claiming(exp=None),
        "an end that is no number": claiming(exp="never"),
        "a beginning in an hour": claiming(nbf=int(now()) + 3_600),
        "made in an hour": claiming(iat=int(now()) + 3_600),
        "another nonce": claiming(nonce="x" * 43),
        "no nonce": claiming(nonce=None),
        "a nonce in a list": lambda asked: provider.good(asked, nonce=[asked["nonce"]]),
        "no subject": claiming(sub=None),
        "an empty subject": claiming(sub=""),
        "a subject that is a number": claiming(sub=7),
        "a subject that is too long": claiming(sub="x" * 256),
    }


def hostile_redirects(provider, other) -> dict:
    return {
        "another issuer": lambda fields: {**fields, "iss": other.issuer},
        "no issuer although it promises one": lambda fields: {"code": fields["code"], "state": fields["state"]},
        "another state": lambda fields: {**fields, "state": "x" * 43},
        "no state": lambda fields: {"code": fields["code"], "iss": fields["iss"]},
        "no code": lambda fields: {"state": fields["state"], "iss": fields["iss"]},
        "a code that it did not make": lambda fields: {**fields, "code": "made-up"},
        "an error": lambda fields: {"error": "access_denied", "state": fields["state"], "iss": fields["iss"]},
        "an error and a code": lambda fields: {**fields, "error": "server_error"},
    }


def people_of(place, organization) -> int:
    """Members beside the owner that the host platform vouched for, and sessions."""
    return int(sql(place, "policy",
                   f"SELECT (SELECT count(*) FROM member WHERE organization_id = '{organization.id}') - 1"
                   f" + (SELECT count(*) FROM browser_session WHERE organization_id = '{organization.id}')"))


def test_no_hostile_answer_signs_anybody_in(place, provider, providers, organizations):
    other = providers[1]
    let_in, tried = [], 0
    for name, make in hostile_tokens(provider, other).items():
        provider.token = make
        status, session = come_back(place, organizations[0])
        tried += 1
        if status == SEE_OTHER or session:
            let_in.append(name)
    provider.token = provider.good
    for name, change in hostile_redirects(provider, other).items():
        provider.redirect = change
        status, session = come_back(place, organizations[0])
        tried += 1
        if status == SEE_OTHER or session:
            let_in.append(f"redirect: {name}")
    provider.redirect = lambda fields: fields
    print(f"figure: of {tried} hostile answers of an identity provider, {len(let_in)} signed somebody in")
    assert let_in == []
    assert people_of(place, organizations[0]) == 0
    reasons = {row["details"]["reason"] for row in organizations[0].owner.call(
        "GET", "/v1/audit?action=sign-in.refused&limit=200")["items"]}
    assert {"algorithm_refused", "unknown_key", "bad_signature", "other_issuer", "other_audience", "expired",
            "not_yet_valid", "other_nonce", "no_subject", "foreign_answer", "declined", "code_refused"} <= reasons
    for with_key, algorithm in (("rsa", "RS256"), ("p256", "ES256"), ("ed25519", "EdDSA")):
        provider.token = lambda asked: provider.keys.sign(
            {"alg": algorithm, "kid": with_key}, provider.claims(asked, sub=with_key), with_key)
        status, session = come_back(place, organizations[0])
        assert status == SEE_OTHER and session, f"and the honest one with {algorithm} does"


def test_invented_keys_do_not_make_us_ask_for_each_of_them(place, provider, organizations):
    provider.token = lambda asked: provider.keys.sign({"alg": "RS256", "kid": asked["state"]}, provider.claims(asked))
    before, begun = provider.key_looks, time.monotonic()
    for _ in range(20):
        assert come_back(place, organizations[0])[1] is None
    looks, allowed = provider.key_looks - before, 2 + (time.monotonic() - begun) // 10
    print(f"figure: 20 invented keys made {looks} looks for keys")
    assert looks <= allowed


def test_a_sign_in_belongs_to_the_browser_that_began_it_and_ends_once(place, provider, organizations):
    mine, theirs = organizations
    attempts, let_in = 0, []

    def attempt(name: str, browser: Browser, url: str) -> None:
        nonlocal attempts
        attempts += 1
        answer = browser.http.get(url)
        if answer.status == SEE_OTHER or cookie(browser):
            let_in.append(name)

    def answered(browser: Browser, organization=mine) -> str:
        target = leave(place, organization, browser, lambda url: "/authorize" in url)
        return browser.open(target, stop=lambda url: "/sign-in/callback/" in url)

    def known_browser() -> Browser:
        browser = Browser()
        browser.open(f"{place.gateway}/sign-in")
        return browser

    # The answer to a stranger's sign-in, in a browser that never began one, and in one that began another.
    attacker = Browser()
    attempt("no browser of ours", Browser(), answered(attacker))
    victim = Browser()
    leave(place, mine, victim, lambda url: "/authorize" in url)
    attempt("another browser's state", victim, answered(attacker))
    attempt("another browser of ours", known_browser(), answered(attacker))
    # The code of another trip: its verifier and nonce are derived of another state.
    first, second = answered(attacker), answered(victim)
    code = first.split("code=")[1].split("&")[0]
    own = second.split("code=")[1].split("&")[0]
    attempt("another trip's code", victim, second.replace(own, code))
    # An answer that comes to another organization's place, or for another organization.
    moved = answered(known_browser())
    attempt("another organization's place", known_browser(), moved.replace(mine.id, theirs.id))
    browser = known_browser()
    attempt("its own browser, another organization's place", browser, answered(browser).replace(mine.id, theirs.id))
    # The same answer twice, also by its own browser.
    honest = Browser()
    url = answered(honest)
    assert honest.http.get(url).status == SEE_OTHER and cookie(honest)
    replay = HTTP()
    for each in honest.http.cookies:
        if each.name != "lanyard-session":
            replay.cookies.set_cookie(each)
    attempt("a second time", Browser(replay), url)
    # One whose time is over.
    late = known_browser()
    url = answered(late)
    sql(place, "policy", "UPDATE sign_in SET expires_at = now() WHERE claimed_at IS NULL")
    attempt("after its time", late, url)
    # A HEAD changes nothing.
    headed = known_browser()
    url = answered(headed)
    headed.http.send("HEAD", url)
    assert headed.http.get(url).status == SEE_OTHER
    print(f"figure: of {attempts} answers in the wrong browser, place or time, {len(let_in)} signed somebody in")
    assert let_in == []


def test_nothing_at_rest_could_complete_a_sign_in(place, provider, organizations):
    browser = Browser()
    target = leave(place, organizations[0], browser, lambda url: "/authorize" in url)
    asked = dict(pair.split("=", 1) for pair in target.split("?", 1)[1].split("&"))
    rows = sql(place, "policy", "SELECT json_agg(s)::text FROM sign_in s")
    provider.token = provider.good
    back = browser.open(target, stop=lambda url: "/sign-in/callback/" in url)
    browser.http.get(back)
    token = cookie(browser)
    everything = rows + sql(place, "policy", "SELECT json_agg(b)::text FROM browser_session b") + "".join(
        path.read_text(errors="replace") for path in place.stack.layout.logs.glob("*.log"))
    for name, secret in {"state": asked["state"], "nonce": asked["nonce"], "session": token,
                         "client secret": provider.client_secret,
                         "code": back.split("code=")[1].split("&")[0]}.items():
        assert secret not in everything, name
    assert json.loads(rows)
