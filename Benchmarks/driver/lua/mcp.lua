-- POST of one call of the practice server's tool `echo`, in the revision 2026-07-28.
-- Arguments: the number of threads, the path, and the Authorization header; "-" for none.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "common.lua")

local call

function init(arguments)
  local headers = {
    ["Content-Type"] = "application/json", ["Accept"] = "application/json, text/event-stream",
    ["MCP-Protocol-Version"] = "2026-07-28", ["Mcp-Method"] = "tools/call", ["Mcp-Name"] = "echo",
  }
  if arguments[3] ~= "-" then headers["Authorization"] = arguments[3] end
  call = wrk.format(
    "POST", arguments[2], headers,
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"Hello"},"_meta":{' ..
    '"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},' ..
    '"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"}}}}')
end

function request() return call end
