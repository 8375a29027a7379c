// A server of the platform's own: functions of this page that apps call like an MCP server. It needs no connection and no account.

/** What this page knows: who is signed in, and which apps are here. */
export function workspaceServer(person, applications) {
  const tools = {
    who_is_signed_in: { description: "Says who is signed in at the platform.", run: () => `${person.name} <${person.email}>` },
    list_apps: {
      description: "Lists the apps on this page.",
      run: () => applications.map(({ name, description }) => `${name}: ${description}`).join("\n"),
    },
  };
  return {
    id: "platform-workspace",
    name: "workspace",
    listTools: () => Object.entries(tools).map(([name, { description }]) => (
      { name, description, inputSchema: { type: "object", properties: {} } }
    )),
    callTool(name) {
      if (!Object.hasOwn(tools, name)) return { isError: true, content: [{ type: "text", text: `There is no tool ${name}.` }] };
      return { content: [{ type: "text", text: tools[name].run() }] };
    },
  };
}
