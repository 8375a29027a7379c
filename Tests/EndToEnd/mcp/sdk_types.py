"""Holds messages against the official types of their revision (`mcp-types`). Lines of JSON in, what is wrong with each out.

A line is `{"side": "client" | "server", "revision", "kind": "request" | "notification" | "result" | "error", "method", "message"}`: the side
is who sent the message; a result or error names the method of the request that it answers.
"""

import json
import sys

from mcp_types import ElicitRequestURLParams, ErrorData, jsonrpc, methods
from pydantic import TypeAdapter

URL_ELICITATION_REQUIRED = -32042
FRAMES = {
    "request": jsonrpc.JSONRPCRequest, "notification": jsonrpc.JSONRPCNotification,
    "result": jsonrpc.JSONRPCResponse, "error": jsonrpc.JSONRPCError,
}
SURFACES = {
    ("client", "notification"): methods.CLIENT_NOTIFICATIONS,
    ("client", "request"): methods.CLIENT_REQUESTS,
    ("server", "notification"): methods.SERVER_NOTIFICATIONS,
    ("server", "request"): methods.SERVER_REQUESTS,
}


def check(line: dict) -> None:
    message, kind, method, revision = line["message"], line["kind"], line["method"], line["revision"]
    FRAMES[kind].model_validate(message, by_name=False)
    if kind == "error":
        error = ErrorData.model_validate(message["error"])
        if error.code == URL_ELICITATION_REQUIRED:
            TypeAdapter(list[ElicitRequestURLParams]).validate_python(error.data["elicitations"], by_name=False)
    elif kind == "result":
        validate = methods.validate_server_result if line["side"] == "server" else methods.validate_client_result
        validate(method, revision, message["result"])
    else:
        SURFACES[line["side"], kind][method, revision].model_validate(message, by_name=False)


for text in sys.stdin:
    try:
        check(json.loads(text))
        print(json.dumps(None))
    except Exception as problem:
        print(json.dumps(f"{type(problem).__name__}: {problem}"))
