-- GET of one address, as it is.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "common.lua")
