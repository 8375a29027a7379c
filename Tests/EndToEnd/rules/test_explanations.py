"""Every refusal can be explained, and a preview says what then happens."""

from rules.conftest import refused_by


def test_a_refusal_is_explained(tenant):
    session = tenant.member("maya")
    rule = tenant.rule("deny", "No echo", resources={"tools": ["echo"]})
    assert refused_by(tenant.tools(tenant.member("maya")).call("echo", text="a")) == rule["id"]
    question = {
        "subject": {"userId": tenant.user(session)},
        "resource": {"mcpServerId": tenant.server["id"], "tool": "echo"}, "arguments": {"text": "a"}}
    for caller in (tenant.owner, session):
        answer = caller.call("POST", "/v1/decisions", question)
        assert (answer["effect"], answer["decidingRule"]) == ("deny", rule["id"])
        assert "No echo" in answer["reasons"][0]
        assert any("No echo" in change for change in answer["wouldChange"])
    stranger = tenant.member("noor").raw("POST", "/v1/decisions", question)
    assert stranger.status == 403


def test_a_preview_says_what_then_happens_and_changes_nothing(tenant):
    session = tenant.member("maya")
    tools = tenant.tools(session)
    assert refused_by(tools.call("echo", text="a")) is None
    draft = {"name": "No echo", "effect": "deny", "resources": {"mcpServers": [tenant.server["id"]], "tools": ["echo"]}}
    preview = tenant.owner.call("POST", "/v1/rules/preview", {"rules": [draft]})
    told = {(change["userId"], change["tool"], change["after"]) for change in preview["changes"]}
    user = tenant.user(session)
    assert (user, "echo", "refused") in told
    assert {tool for _, tool, _ in told} == {"echo"}
    assert preview["replay"]["looked"] > 0
    assert tenant.owner.call("GET", "/v1/rules")["items"] == []
    rule = tenant.owner.call("POST", "/v1/rules", draft)
    after = tenant.tools(tenant.member("maya"))
    assert "echo" not in after.names()
    assert refused_by(after.call("echo", text="a")) == rule["id"]
