-- POST /v1/auth/resolve with the sessions and Applications of a file.
-- Arguments: the number of threads, a file of "session token <tab> application id" lines, the Integration's id, and
-- "once" (every line once, then stop), "inOrder" (line by line, over and over) or "random".
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "common.lua")

local requests, position, answered, mode = {}, 0, 0, "random"

function init(arguments)
  local integration = arguments[3]
  mode = arguments[4]
  for _, line in ipairs(lines_of_thread(arguments[2], tonumber(arguments[1]))) do
    local token, application = line:match("^(%S+)\t(%S+)$")
    requests[#requests + 1] = wrk.format(
      "POST", "/v1/auth/resolve",
      { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" },
      string.format(
        '{"integrationId":"%s","application":{"id":"%s","appId":"%s"}}', integration, application, application))
  end
  math.randomseed(os.time() + (number or 0))
  if mode == "once" then
    response = function()
      answered = answered + 1
      if answered >= #requests then wrk.thread:stop() end
    end
  end
end

function request()
  if mode == "random" then return requests[math.random(#requests)] end
  position = position % #requests + 1
  return requests[position]
end
