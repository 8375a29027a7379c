"""An organization with MCP servers of each kind, behind apps."""

from dataclasses import dataclass

from harness import Harness, Organization, practice_party

# What the practice MCP server asks of every token.
SCOPES = ["openid", "profile"]
# Functions of a host's page that stand in for its platform: what the tests mount the bridge with.
PLATFORM = """() => {
  window.platformCalls = [];
  const tools = ["search_documents", "delete_everything"].map((name) => ({ name, inputSchema: { type: "object" } }));
  window.host.mount({ explicitServers: true, platformServers: [{
    id: "platform-vfs", name: "vfs", version: "2", allowedTools: ["search_documents", "fail", "wait", "odd"],
    listTools: () => tools,
    callTool(tool, args, context) {
      window.platformCalls.push([tool, args, context.applicationId, context.appId]);
      if (tool === "fail") throw new Error("the secret of the platform");
      if (tool === "odd") return { content: [{ type: "text", text: () => "no data" }] };
      if (tool === "wait") return new Promise((_, reject) => context.signal.addEventListener("abort", () => {
        window.platformAborted = true;
        reject(context.signal.reason);
      }));
      return { content: [{ type: "text", text: `found ${args.query}` }] };
    },
  }] });
}"""


@dataclass
class Place:
    """The organization and its servers, by what is special about them."""

    organization: Organization
    servers: dict[str, dict]
    sandbox: str

    def __getitem__(self, name: str) -> dict:
        return self.servers[name]


def make_place(harness: Harness) -> Place:
    organization = harness.organization()
    owner = organization.owner
    plan = harness.running.plan
    sandbox = f"{plan.practice.issuer}/mcp"
    integration = practice_party(harness).integration(owner, "Practice mail")
    oauth = {"type": "oauth", "integrationId": integration["id"], "scopes": SCOPES}
    static = {"type": "staticToken", "token": plan.practice.mcp_token}
    open_one = {"type": "none"}

    def add(name: str, url: str, auth: dict, **more) -> dict:
        return owner.call("POST", "/v1/mcp-servers", {"name": name, "url": url, "auth": auth, **more})

    servers = {
        "mail": add("Practice tools", sandbox, oauth),
        "static": add("Shared tools", f"{sandbox}/static", static),
        "open": add("Open tools", f"{sandbox}/open", open_one),
        "narrow": add("Narrow tools", f"{sandbox}/open", open_one, allowedTools=["echo", "whoami", "not_there"]),
        "empty": add("No tools", f"{sandbox}/open", open_one, allowedTools=[]),
    }
    return Place(organization, servers, sandbox)
