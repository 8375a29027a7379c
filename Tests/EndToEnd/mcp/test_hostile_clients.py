"""Clients, pages and thieves that want what nobody gave them. Every attempt is counted; none may get through."""

import secrets

import pytest
from harness import eventually
from localstack.api import API
from localstack.browser import Browser, find_button
from localstack.web import HTTP

from mcp.client_site import ClientSite
from mcp.oauth import Client, knock, returned, sign_in

ATTEMPTS = 60
# Longer than a document may take, and more than one may have.
SLOW_SECONDS = 60.0
LARGE = "x" * 200_000


class Count:
    """Attempts, and those that were let through."""

    def __init__(self):
        self.attempts = 0
        self.through: list[str] = []

    def __call__(self, name: str, was_refused: bool) -> None:
        self.attempts += 1
        if not was_refused:
            self.through.append(name)


@pytest.fixture(scope="module")
def count():
    count = Count()
    yield count
    print(f"figure: {count.attempts} hostile attempts at the authorization server, {len(count.through)} let through")
    assert count.attempts >= ATTEMPTS
    assert count.through == []


@pytest.fixture(scope="module")
def site(world):
    site = ClientSite(world.spare_ports[-1])
    yield site
    site.stop()


@pytest.fixture(scope="module")
def place(world):
    organization = world.harness.organization()
    return organization, [world.add(organization, f"Server {number}", world.open[1].url) for number in (1, 2)]


@pytest.fixture
def client(world, place, site):
    client = Client(world.harness.gateway, world.endpoint(place[1][0]), site.callback)
    assert client.register().status == 201
    return client


@pytest.fixture(scope="module")
def browser(place):
    return sign_in(place[0].host, "victim")


def is_refused(answer, error: str) -> bool:
    return answer.status in (400, 401) and answer.json()["error"] == error and "no-store" in answer.headers["Cache-Control"]


def test_codes_without_their_proof(client, browser, count):
    code = client.code(browser)
    for name, verifier in [
        ("no verifier", None), ("another verifier", secrets.token_urlsafe(48)), ("the challenge itself", client.challenge),
        ("a short verifier", "short"), ("an empty verifier", ""), ("a prefix", client.verifier[:-1]),
        ("more than the verifier", client.verifier + "x"),
    ]:
        answer = client.redeem(code, code_verifier=verifier)
        count(name, answer.status == 400 and "access_token" not in answer.json())
    # All of this has not spent it.
    assert client.redeem(code).status == 200


def test_codes_for_somebody_else(world, place, client, browser, site, count):
    code = client.code(browser)
    other = Client(client.gateway, client.resource, client.redirect_uri)
    other.register()
    for name, changes in [
        ("another client", {"client_id": other.client_id}), ("a client that is not", {"client_id": "mcl_unknown"}),
        ("no client", {"client_id": None}), ("another address", {"redirect_uri": f"{site.origin}/other"}),
        ("another port", {"redirect_uri": "http://127.0.0.1:1/callback"}), ("no address", {"redirect_uri": None}),
        ("another server", {"resource": world.endpoint(place[1][1])}), ("all servers", {"resource": world.endpoint()}),
        ("a slash more", {"resource": client.resource + "/"}), ("a stranger's", {"resource": "https://evil.example/mcp"}),
        ("a secret", {"client_secret": "secret"}), ("another grant", {"grant_type": "client_credentials"}),
        ("a tampered code", {"code": code[:-1] + ("A" if code[-1] != "A" else "B")}), ("no code", {"code": None}),
    ]:
        answer = client.redeem(code, **changes)
        count(name, answer.status in (400, 401) and "access_token" not in answer.json())
    assert client.redeem(code).status == 200


def test_a_code_shown_twice_ends_what_was_made_of_it(client, browser, count):
    code = client.code(browser)
    tokens = client.redeem(code).json()
    newer = client.refresh(tokens["refresh_token"]).json()
    count("a code twice", is_refused(client.redeem(code), "invalid_grant"))
    for name, made in [("its access token", tokens), ("its newer access token", newer)]:
        count(name, knock(client.resource, made["access_token"]).status == 401)
    count("its refresh token", is_refused(client.refresh(newer["refresh_token"]), "invalid_grant"))


def test_a_refresh_token_shown_twice_ends_its_family(client, browser, count):
    tokens = client.tokens(browser)
    newer = client.refresh(tokens["refresh_token"]).json()
    assert knock(client.resource, newer["access_token"]).status == 200
    count("a refresh token twice", is_refused(client.refresh(tokens["refresh_token"]), "invalid_grant"))
    count("the thief's newer one", is_refused(client.refresh(newer["refresh_token"]), "invalid_grant"))
    # It was let in just now: the gateway remembers it until it hears of the end.
    eventually(lambda: knock(client.resource, newer["access_token"]).status == 401, what="the family's end at the gateway")
    count("the access token of the family", knock(client.resource, newer["access_token"]).status == 401)


def test_refresh_tokens_for_somebody_else(world, client, browser, count):
    tokens = client.tokens(browser)
    other = Client(client.gateway, client.resource, client.redirect_uri)
    other.register()
    for name, changes, error in [
        ("another client's refresh", {"client_id": other.client_id}, "invalid_grant"),
        ("a refresh for all servers", {"resource": world.endpoint()}, "invalid_target"),
        ("an access token as refresh token", {"refresh_token": tokens["access_token"]}, "invalid_grant"),
        ("a made-up refresh token", {"refresh_token": "lyr_" + secrets.token_urlsafe(32)}, "invalid_grant"),
    ]:
        count(name, is_refused(client.refresh(tokens["refresh_token"], **changes), error))
    stranger = other.http.post_form(
        f"{client.gateway}/oauth/revoke", {"client_id": other.client_id, "token": tokens["refresh_token"]})
    count("a stranger's revocation", stranger.status == 200 and knock(client.resource, tokens["access_token"]).status == 200)


def test_tokens_where_they_do_not_belong(world, place, client, browser, count):
    tokens = client.tokens(browser)
    token = tokens["access_token"]
    for name, endpoint in [("another server", world.endpoint(place[1][1])), ("all servers", world.endpoint()),
                           ("another server at another replica", world.endpoint(place[1][1], 1))]:
        answer = knock(endpoint, token)
        challenge = answer.headers["WWW-Authenticate"] or ""
        count(name, answer.status == 401 and 'error="invalid_token"' in challenge and "resource_metadata=" in challenge)
    api = API(client.gateway, token)
    for method, path in [
        ("GET", "/v1/me"), ("GET", "/v1/mcp-servers"), ("GET", "/v1/connections"), ("POST", "/v1/auth/resolve"),
        ("GET", "/v1/client-authorizations"), ("GET", "/v1/runtime/mcp-servers"), ("POST", "/v1/sessions"),
        ("GET", "/v1/audit"),
    ]:
        count(f"{method} {path}", api.raw(method, path, {} if method == "POST" else None).status == 401)
    count("a refresh token as access token", knock(client.resource, tokens["refresh_token"]).status == 401)
    count("a token in the query", knock(f"{client.resource}?access_token={token}", None).status == 401)
    count("a tampered token", knock(client.resource, token[:-1] + ("A" if token[-1] != "A" else "B")).status == 401)
    application = {"Lanyard-Application": "eyJpZCI6ImFwcC0xIn0"}
    answer = HTTP().send_json(
        "POST", client.resource, {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}}},
        token, headers={**application, "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list",
                        "Accept": "application/json, text/event-stream"})
    count("an Application's connections", b'"tools"' not in answer.body)


def test_nobody_is_sent_where_the_client_has_not_said(client, browser, site, count):
    port = site.origin.rpartition(":")[2]
    for address in [
        "https://evil.example/callback", "//evil.example/callback", "https://127.0.0.1/callback", f"{site.callback}/x",
        f"{site.callback}?next=https://evil.example", f"{site.callback}#x", f"http://127.0.0.1:{port}@evil.example/callback",
        f"http://127.0.0.1:{port}.evil.example/callback", f"http://localhost:{port}/callback", f"{site.origin}/callback/..",
        f"http://evil.example\\@127.0.0.1:{port}/callback", "javascript:alert(1)", "data:text/html,x", "app.example:/callback",
        None,
    ]:
        answer = client.ask(browser, redirect_uri=address)
        count(f"to {address}", not isinstance(answer, str) and answer.response.status == 400)
    for name, wrong in [("no client", None), ("an unknown client", "mcl_unknown"), ("a client of no kind", "client")]:
        answer = client.ask(browser, client_id=wrong)
        count(name, not isinstance(answer, str) and answer.response.status == 400)
    twice = browser.open(f"{client.authorize_url()}&redirect_uri=https://evil.example/callback", stop=client.leaves)
    count("an address twice", not isinstance(twice, str) and twice.response.status == 400)


def test_requests_that_lack_their_protection(world, client, browser, count):
    for name, changes, error in [
        ("no challenge", {"code_challenge": None}, "invalid_request"),
        ("a plain challenge", {"code_challenge_method": "plain"}, "invalid_request"),
        ("no method", {"code_challenge_method": None}, "invalid_request"),
        ("a token at once", {"response_type": "token"}, "unsupported_response_type"),
        ("no resource", {"resource": None}, "invalid_target"),
        ("a stranger's resource", {"resource": "https://evil.example/mcp"}, "invalid_target"),
        ("a server of nobody", {"resource": f"{world.endpoint()}/mcp_unknown"}, "invalid_target"),
        ("a fragment", {"response_mode": "fragment"}, "invalid_request"),
        ("an object by reference", {"request_uri": "https://evil.example/r"}, "request_uri_not_supported"),
    ]:
        answer = client.ask(browser, **changes)
        told = returned(answer) if isinstance(answer, str) else {}
        count(name, told.get("error") == error and "code" not in told and told.get("state") == "a state & more"
              and told.get("iss") == client.gateway)


def test_another_organizations_server(world, place, client, browser, count):
    foreign = world.add(world.harness.organization(), "Foreign", world.open[1].url)
    answer = client.ask(browser, resource=world.endpoint(foreign))
    count("another organization's server", isinstance(answer, str) and returned(answer).get("error") == "invalid_target")


def test_documents_that_are_not_the_clients(client, browser, site, count):
    own = {"redirect_uris": [site.callback]}
    site.pages["/slow.json"] = SLOW_SECONDS
    site.pages["/redirect.json"] = (302, {"Location": f"{site.origin}/good.json"}, b"")
    site.document("/good.json")
    for path, changes in [
        ("/other-id.json", {"client_id": "https://client.example/c.json"}), ("/no-id.json", {"client_id": None}),
        ("/other-address.json", {"redirect_uris": ["https://evil.example/cb"]}), ("/no-address.json", {"redirect_uris": None}),
        ("/page.json", {"kind": "text/html"}), ("/missing.json", {"status": 404}), ("/large.json", {"x": LARGE}),
        ("/secret.json", {"token_endpoint_auth_method": "client_secret_basic"}),
    ]:
        site.document(path, **{**own, **changes})
    for path in ["/other-id.json", "/no-id.json", "/other-address.json", "/no-address.json", "/page.json", "/missing.json",
                 "/large.json", "/secret.json", "/slow.json", "/redirect.json", "/nothing.json"]:
        answer = client.ask(browser, client_id=f"{site.origin}{path}")
        count(f"the document {path}", not isinstance(answer, str) and answer.response.status == 400)
    assert "/good.json" not in site.asked
    before = len(site.asked)
    for address in [
        "https://127.0.0.1/c.json", "https://10.0.0.1/c.json", "https://169.254.169.254/latest/meta-data", "https://[::1]/c.json",
        "https://localhost/c.json", "http://192.168.0.1/c.json", "http://127.0.0.1:1/c.json", "https://metadata.internal/c",
        "https://client.example:22/c.json", "file:///etc/passwd", "https://client.example/", "https://u@client.example/c",
        f"{site.origin}/../good.json", client.gateway + "/c.json",
    ]:
        answer = client.ask(browser, client_id=address)
        count(f"the address {address}", not isinstance(answer, str) and answer.response.status == 400)
    assert len(site.asked) == before


def test_strangers_who_register(client, count):
    for name, metadata in [
        ("an address without https", {"redirect_uris": ["http://evil.example/cb"]}),
        ("a scheme of its own", {"redirect_uris": ["evil://cb"]}), ("a script", {"redirect_uris": ["javascript:alert(1)"]}),
        ("no address", {"redirect_uris": []}), ("a wildcard", {"redirect_uris": ["https://*.example/cb"]}),
        ("the implicit grant", {"grant_types": ["implicit"]}),
    ]:
        answer = Client(client.gateway, client.resource, client.redirect_uri).register(**metadata)
        count(name, answer.status == 400 and "client_id" not in answer.json())


def test_forms_that_our_page_did_not_send(client, browser, place, count):
    page = client.ask(browser)
    form, button = find_button(page, "allow")
    other = Client(client.gateway, client.resource, client.redirect_uri)
    other.register()
    stranger = sign_in(place[0].host, "attacker")
    theirs, _ = find_button(client.ask(stranger), "allow")

    def post(action: str, token: str | None, headers: dict, of: Browser = browser):
        fields = {"decision": "allow", **({"csrf": token} if token is not None else {})}
        return of.http.post_form(action, fields, headers)

    ours = {"Origin": client.gateway, "Sec-Fetch-Site": "same-origin"}
    token = form.fields["csrf"]
    for name, answer in [
        ("no token", post(form.action, None, ours)), ("an empty token", post(form.action, "", ours)),
        ("another person's token", post(form.action, theirs.fields["csrf"], ours)),
        ("another client's request", post(f"{client.gateway}/oauth/authorize?{other.query()}", token, ours)),
        ("another resource", post(client.authorize_url(resource=client.resource.rpartition("/")[0]), token, ours)),
        ("another challenge", post(client.authorize_url(code_challenge="a" * 43), token, ours)),
        ("another site's form", post(form.action, token, {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"})),
        ("a sandboxed form", post(form.action, token, {"Origin": "null", "Sec-Fetch-Site": "cross-site"})),
        ("a form without a person", post(form.action, token, ours, Browser())),
        ("another person's browser", post(form.action, token, ours, stranger)),
    ]:
        count(name, answer.status in (400, 403) and answer.location is None)
    count("the page in a frame", "frame-ancestors 'none'" in page.response.headers["Content-Security-Policy"]
          and page.response.headers["X-Frame-Options"] == "DENY")
    assert isinstance(browser.submit(page, form, button, stop=client.leaves), str)


def test_every_answer_names_its_issuer(client, browser):
    answers = [client.consent(browser), client.consent(browser, "decline"), returned(client.ask(browser, resource=None)),
               returned(client.ask(browser, code_challenge=None))]
    assert [answer["iss"] for answer in answers] == [client.gateway] * len(answers)
