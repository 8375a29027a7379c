-- POST /token with a refresh token, which each answer replaces: the provider's own rate for what a refresh needs of it.
-- Arguments: the number of threads, a file of refresh tokens, the Authorization header.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "common.lua")

-- A queue: from `first` to `last`.
local tokens, headers, first, last = {}, {}, 1, 0

function init(arguments)
  tokens = lines_of_thread(arguments[2], tonumber(arguments[1]))
  last = #tokens
  headers = { ["Authorization"] = arguments[3], ["Content-Type"] = "application/x-www-form-urlencoded" }
end

function request()
  local token = tokens[first]
  tokens[first] = nil
  first = first + 1
  return wrk.format("POST", "/token", headers, "grant_type=refresh_token&refresh_token=" .. token)
end

function response(status, _, body)
  local token = body:match('"refresh_token":"([^"]+)"')
  if status == 200 and token then
    last = last + 1
    tokens[last] = token
  end
end
