"""The owner's pages about access rules in a real browser: written, looked at before they are saved, watched, explained, deleted."""

import json
import re

import pytest
from harness import eventually
from localstack.api import API
from localstack.tools import Tools, text
from pictures import look
from playwright.sync_api import expect
from test_owner_console import Office, press


class RuleOffice(Office):
    """An organization with an open MCP server and a member, who has used it."""

    def __init__(self, harness, chromium):
        super().__init__(harness, chromium)
        owner = self.organization.owner
        self.server = owner.call("POST", "/v1/mcp-servers", {
            "name": "Open", "url": f"{self.practice.issuer}/mcp/open", "auth": {"type": "none"}})
        owner.call("POST", f"/v1/mcp-servers/{self.server['id']}/tools/refresh")
        self.integration = self.party.integration(owner)
        self.maya = self.organization.host.session("maya", email="maya@example.org", groups=["interns"])
        assert not self.call_echo().get("isError")

    def call_echo(self) -> dict:
        return Tools(API(self.harness.gateway, self.maya._token), self.server["id"]).call("echo", text="a")

    def refusing_rule(self) -> str | None:
        result = self.call_echo()
        return text(result).rpartition("(rule: ")[2].rstrip(")") if result.get("isError") else None

    def rules(self) -> list[dict]:
        return self.organization.owner.call("GET", "/v1/rules")["items"]

    def add(self, **rule) -> dict:
        return self.organization.owner.call("POST", "/v1/rules", {"name": "A rule", "effect": "deny", **rule})

    def clear(self) -> None:
        for rule in self.rules():
            self.organization.owner.call("DELETE", f"/v1/rules/{rule['id']}")


@pytest.fixture(scope="module")
def office(harness, chromium):
    return RuleOffice(harness, chromium)


@pytest.fixture
def page(office):
    office.clear()
    page = office.sign_in("olive", "owner")
    yield page
    page.context.close()


def fact(page, name: str):
    """What stands beside a name in a list of facts."""
    return page.locator("dl.facts > div").filter(has=page.locator("dt", has_text=name)).locator("dd").first


def test_a_rule_is_looked_at_before_it_is_saved(office, page):
    page.get_by_role("link", name="Access rules").click()
    expect(page.get_by_text("There are none yet.")).to_be_visible()
    page.get_by_role("link", name="Add a rule").click()
    page.get_by_label("Name", exact=True).fill("No echo for interns")
    page.get_by_label("Groups").fill("interns\n")
    page.get_by_label("Open", exact=True).check()
    page.get_by_label("Tools, one in each line").fill("echo")
    page.get_by_label("Arguments of a call").fill("/text equals")
    page.get_by_label("From").fill("nine")
    press(page, "See what it would change")
    # What is wrong is said in the words of the form, and nothing that was filled in is lost.
    expect(page.get_by_role("alert")).to_contain_text("Arguments, line 1")
    page.get_by_label("Arguments of a call").fill("")
    press(page, "See what it would change")
    expect(page.get_by_role("alert")).to_contain_text("From: must be a time of day")
    expect(page.get_by_role("alert")).to_contain_text("Time zone: is missing")
    expect(page.get_by_label("Groups")).to_have_value("interns")
    expect(page.get_by_label("Open", exact=True)).to_be_checked()
    look(page, "console-rule-form")
    page.get_by_label("From").fill("")
    press(page, "See what it would change")
    expect(page.get_by_role("heading", name="Before you save")).to_be_visible()
    expect(fact(page, "Members")).to_have_text("1")
    line = page.get_by_role("listitem").filter(has=page.get_by_text("maya@example.org")).first
    expect(line).to_contain_text("the tool echo of Open")
    expect(line).to_contain_text("allowed → refused")
    expect(page.get_by_text(re.compile(r"recorded uses of the last 30 days, \d+ would have been refused"))).to_be_visible()
    look(page, "console-rule-preview")
    assert office.rules() == [], "looking at it changes nothing"

    press(page, "Change it again")
    expect(page.get_by_label("Tools, one in each line")).to_have_value("echo")
    page.get_by_label("Members, by email").fill("maya@example.org\nnobody@example.org")
    press(page, "See what it would change")
    expect(page.get_by_role("alert")).to_contain_text("No member is called nobody@example.org")
    page.get_by_label("Members, by email").fill("maya@example.org")
    page.get_by_label("Arguments of a call").fill('/text notEquals "b"')
    page.get_by_label("Monday").check()
    page.get_by_label("Sunday").check()
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_label("Calls", exact=True).fill("20")
    page.get_by_label("in seconds").fill("60")
    # By keyboard alone from here to the end.
    page.get_by_role("button", name="See what it would change").press("Enter")
    page.get_by_role("button", name="Save").press("Enter")
    page.wait_for_url(f"{office.console}/rules/rul_*")
    user = office.maya.call("GET", "/v1/me")["user"]["id"]
    [rule] = office.rules()
    assert {name: rule[name] for name in ("name", "effect", "mode", "subjects", "resources", "conditions")} == {
        "name": "No echo for interns", "effect": "deny", "mode": "enforce",
        "subjects": {"groups": ["interns"], "users": [user]},
        "resources": {"mcpServers": [office.server["id"]], "tools": ["echo"]},
        "conditions": {
            "arguments": [{"pointer": "/text", "operator": "notEquals", "value": "b"}],
            "hours": {"timeZone": "Europe/Berlin", "days": ["mon", "sun"]}, "rate": {"calls": 20, "perSeconds": 60}},
    }
    page.get_by_role("link", name="All rules").click()
    said = page.get_by_role("listitem")
    expect(said).to_contain_text("maya@example.org in the group interns may not call the tool echo of the MCP server Open")
    expect(said).to_contain_text("on Monday, Sunday (Europe/Berlin), after 20 calls in 60 seconds")
    expect(said).to_contain_text("In force")
    look(page, "console-rules")


def test_a_rule_is_changed_and_deleted_by_whoever_has_seen_it(office, page):
    rule = office.add(name="No echo", resources={"tools": ["echo"]})
    eventually(lambda: office.refusing_rule() == rule["id"], what="the refusal")
    page.goto(f"{office.console}/rules/{rule['id']}")
    expect(fact(page, "Who")).to_have_text("Everybody")
    page.get_by_label("Groups").fill("interns")
    press(page, "See what it would change")
    expect(page.get_by_role("heading", name="Before you save")).to_be_visible()
    # Somebody else was faster.
    office.organization.owner.call("PUT", f"/v1/rules/{rule['id']}", {"name": "Changed meanwhile", "effect": "deny"})
    press(page, "Save")
    expect(page.get_by_role("alert")).to_contain_text("changed the rule meanwhile")
    assert office.rules()[0]["name"] == "Changed meanwhile"
    page.goto(f"{office.console}/rules/{rule['id']}/delete")
    office.organization.owner.call("PUT", f"/v1/rules/{rule['id']}", {"name": "Changed again", "effect": "deny"})
    press(page, "Delete")
    expect(page.get_by_role("alert")).to_contain_text("changed the rule meanwhile")
    expect(page.get_by_role("heading", name="Changed again")).to_be_visible()
    assert office.rules()[0]["name"] == "Changed again"

    page.goto(f"{office.console}/rules/{rule['id']}")
    page.get_by_label("Name", exact=True).fill("Nothing for guests")
    page.get_by_label("Groups").fill("guests")
    press(page, "See what it would change")
    expect(page.get_by_text("allowed", exact=False).first).to_be_visible()
    press(page, "Save")
    page.wait_for_url(f"{office.console}/rules/{rule['id']}")
    assert (office.rules()[0]["name"], office.rules()[0]["subjects"]) == ("Nothing for guests", {"groups": ["guests"]})
    eventually(lambda: office.refusing_rule() is None, what="the end of the refusal")

    office.organization.owner.call("PUT", f"/v1/rules/{rule['id']}", {"name": "No echo", "effect": "deny", "resources": {"tools": ["echo"]}})
    page.goto(f"{office.console}/rules/{rule['id']}")
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("heading", name="Delete No echo?")).to_be_visible()
    expect(page.get_by_text("refused → allowed").first).to_be_visible()
    assert len(office.rules()) == 1
    press(page, "Delete")
    page.wait_for_url(f"{office.console}/rules")
    assert office.rules() == []
    eventually(lambda: office.refusing_rule() is None, what="the end of the refusal")


def test_what_a_form_cannot_say_is_not_lost_in_it(office, page):
    rule = office.add(name="Odd", resources={"tools": ["a\nb"]})
    page.goto(f"{office.console}/rules/{rule['id']}")
    expect(page.get_by_text("no place in a form")).to_be_visible()
    expect(page.get_by_role("button", name="See what it would change")).to_have_count(0)
    assert office.rules()[0]["resources"] == {"tools": ["a\nb"]}

    # A rule that only watches is let decide without the form. Refused, it does not come back in one either.
    watching = office.add(name="Odd too", mode="shadow", resources={"tools": ["a\nb"]})
    page.goto(f"{office.console}/rules/{watching['id']}/watched")
    office.organization.owner.call(
        "PUT", f"/v1/rules/{watching['id']}", {**{name: watching[name] for name in ("effect", "mode", "resources")}, "name": "Odd again"})
    press(page, "Let it decide")
    expect(page.get_by_role("alert")).to_contain_text("changed the rule meanwhile")
    expect(page.get_by_text("no place in a form")).to_be_visible()
    expect(page.get_by_role("button", name="See what it would change")).to_have_count(0)


def test_a_rule_that_stops_deciding_shows_what_ends_with_it(office, page):
    rule = office.add(name="No \u0301\"echo\"\u0301", resources={"tools": ["echo"]})
    eventually(lambda: office.refusing_rule() == rule["id"], what="the refusal")
    page.goto(f"{office.console}/rules/{rule['id']}")
    page.get_by_label("Only watch").check()
    press(page, "See what it would change")
    expect(page.get_by_role("heading", name="It stops deciding; this changes")).to_be_visible()
    expect(page.get_by_text("refused → allowed").first).to_be_visible()
    press(page, "Save")
    page.wait_for_url(f"{office.console}/rules/{rule['id']}")
    assert {name: office.rules()[0][name] for name in ("name", "mode")} == {"name": rule["name"], "mode": "shadow"}
    eventually(lambda: office.refusing_rule() is None, what="the end of the refusal")
    # From now on it is looked at as if it decided.
    press(page, "See what it would change")
    expect(page.get_by_role("heading", name="If it decided, this would change")).to_be_visible()
    expect(page.get_by_text("allowed → refused").first).to_be_visible()


def test_a_watching_rule_that_names_what_is_gone_is_put_right_on_its_page(office, page):
    owner = office.organization.owner
    server = owner.call("POST", "/v1/mcp-servers", {
        "name": "Gone", "url": f"{office.practice.issuer}/mcp/open", "auth": {"type": "none"}})
    rule = office.add(name="Nothing of it", mode="shadow", resources={"mcpServers": [server["id"]]})
    owner.call("DELETE", f"/v1/mcp-servers/{server['id']}")
    page.goto(f"{office.console}/rules/{rule['id']}")
    page.get_by_role("link", name="What it would have refused").click()
    expect(page.get_by_role("alert")).to_contain_text("names no MCP server")
    page.get_by_label(server["id"]).uncheck()
    page.get_by_label("Tools, one in each line").fill("nothing")
    press(page, "See what it would change")
    expect(page.get_by_role("heading", name="If it decided, this would change")).to_be_visible()
    expect(page.get_by_text("For nobody.")).to_be_visible()


def test_what_holds_where_no_rule_speaks_is_looked_at_and_turned_round(office, page):
    organization = office.organization.owner

    def effect() -> str:
        return organization.call("GET", "/v1/organization")["defaultEffect"]

    page.goto(f"{office.console}/rules")
    expect(page.get_by_text("Where no rule speaks of something, members may use what has been set up.")).to_be_visible()
    page.get_by_role("link", name="Change that").click()
    expect(page.get_by_text("Now members may use what has been set up.")).to_be_visible()
    expect(page.get_by_role("heading", name="If nothing is allowed, this would change")).to_be_visible()
    line = page.get_by_role("listitem").filter(has=page.get_by_text("maya@example.org")).filter(has_text="Open").first
    expect(line).to_contain_text("allowed → refused")
    look(page, "console-default-effect")
    assert effect() == "allow", "looking at it changes nothing"
    try:
        # Somebody turns it round first: this form was shown for the other way.
        organization.call("PATCH", "/v1/organization", {"defaultEffect": "deny"})
        press(page, "Allow nothing")
        expect(page.get_by_role("alert")).to_contain_text("Somebody has changed it meanwhile")
        assert effect() == "deny"
        expect(page.get_by_role("heading", name="If members may use what has been set up, this would change")).to_be_visible()
        press(page, "Allow what has been set up")
        page.wait_for_url(f"{office.console}/rules")
        assert effect() == "allow"
        page.get_by_role("link", name="Change that").click()
        page.get_by_role("button", name="Allow nothing").press("Enter")
        page.wait_for_url(f"{office.console}/rules")
        expect(page.get_by_text("Where no rule speaks of something, nothing is allowed.")).to_be_visible()
        eventually(lambda: office.refusing_rule() == "organization-default", what="the refusal")
    finally:
        organization.call("PATCH", "/v1/organization", {"defaultEffect": "allow"})
    eventually(lambda: office.refusing_rule() is None, what="the allowance")


def test_a_rule_only_watches_until_it_is_let_decide(office, page):
    rule = office.add(name="Watch echo", mode="shadow", resources={"tools": ["echo"]}, conditions={
        "arguments": [{"pointer": "/text", "operator": "equals", "value": "a"}]})
    eventually(lambda: office.refusing_rule() is None and recorded(office, rule), what="the record of what it would have done")
    page.goto(f"{office.console}/rules")
    expect(page.get_by_role("listitem")).to_contain_text("Only watches")
    page.get_by_role("link", name="What it would have refused").click()
    # Arguments are never kept, so only the record of the decision itself knows what this rule would have refused.
    expect(page.get_by_role("heading", name="On record")).to_be_visible()
    on_record = page.locator("ul[aria-labelledby=record] li")
    expect(on_record.first).to_contain_text("allowed → refused")
    expect(on_record.first).to_contain_text("maya@example.org")
    look(page, "console-rule-watched")
    press(page, "Let it decide")
    page.wait_for_url(f"{office.console}/rules/{rule['id']}")
    assert office.rules()[0]["mode"] == "enforce"
    eventually(lambda: office.refusing_rule() == rule["id"], what="the refusal")


def recorded(office, rule: dict) -> list[dict]:
    entries = office.organization.owner.call("GET", "/v1/audit?action=tool-call.*&limit=200")["items"]
    return [entry for entry in entries if rule["id"] in entry["details"].get("shadow", "")]


def test_an_owner_asks_why(office, page):
    rule = office.add(name="No echo of secrets", resources={"tools": ["echo"]}, conditions={
        "arguments": [{"pointer": "/text", "operator": "prefix", "value": "secret"}]})
    page.get_by_role("link", name="Ask why").click()
    page.get_by_label("Member, by email").fill("nobody@example.org")
    page.get_by_label("What is used").select_option(office.server["id"])
    press(page, "Ask")
    expect(page.get_by_role("alert")).to_contain_text("nobody@example.org")
    page.get_by_label("Member, by email").fill("maya@example.org")
    page.get_by_label("Tool of the MCP server").fill("echo")
    page.get_by_label("Arguments of the call").fill("not json")
    press(page, "Ask")
    expect(page.get_by_role("alert")).to_contain_text("JSON object")
    page.get_by_label("Arguments of the call").fill(json.dumps({"text": "secret plans"}))
    press(page, "Ask")
    answer = page.get_by_role("status")
    expect(answer.get_by_role("heading", name="Refused")).to_be_visible()
    expect(answer).to_contain_text("No echo of secrets")
    expect(answer.get_by_role("heading", name="What would change it")).to_be_visible()
    look(page, "console-decision")
    page.get_by_label("Arguments of the call").fill(json.dumps({"text": "plans"}))
    press(page, "Ask")
    # The near miss is told: it is the one thing that keeps the rule from matching.
    expect(answer.get_by_role("heading", name="Allowed")).to_be_visible()
    expect(answer).to_contain_text("organization-default")
    expect(answer).to_contain_text("No echo of secrets")
    page.get_by_label("An Application").check()
    press(page, "Ask")
    expect(page.get_by_role("alert")).to_contain_text("id of the Charm or the Application")
    page.get_by_label("Its id").fill("app-unknown")
    page.get_by_label("Arguments of the call").fill(json.dumps({"text": "secret plans"}))
    press(page, "Ask")
    answer.get_by_role("link", name=rule["id"]).click()
    page.wait_for_url(f"{office.console}/rules/{rule['id']}")
    expect(fact(page, "When")).to_contain_text('/text prefix "secret"')
    page.goto(f"{office.console}/decisions")
    page.get_by_label("Member, by email").fill("maya@example.org")
    page.get_by_label("What is used").select_option(office.integration["id"])
    page.get_by_label("Scopes of the Integration").fill("mail.read")
    press(page, "Ask")
    expect(answer.get_by_role("heading", name="Allowed")).to_be_visible()
