"""An app in its sandboxed frame, called from outside as its own script would call."""

from playwright.sync_api import Frame

# Longer than the longest wait of any test for a person who does something.
SETTLE_SECONDS = 60

_RESULT = f"""(call) => Promise.race([
  window.calls[call],
  new Promise((resolve) => setTimeout(() => resolve("did not settle"), {SETTLE_SECONDS * 1000})),
])"""


class Refusal(Exception):
    """What a promise rejected with."""

    def __init__(self, error: dict):
        super().__init__(f"{error['code']}: {error['message']}")
        self.code = error["code"]
        self.message = error["message"]


class App:
    """One app's frame."""

    def __init__(self, desk, name: str):
        self.desk = desk
        self.name = name

    @property
    def frame(self) -> Frame:
        return self.desk.frame(self.name)

    def begin(self, method: str, argument=None) -> int:
        """Calls a method and comes back at once."""
        return self.frame.evaluate("([method, argument]) => window.begin(method, argument)", [method, argument])

    def settled(self, call: int):
        """What the call brought. Raises `Refusal` where its promise rejected."""
        outcome = self.frame.evaluate(_RESULT, call)
        assert outcome != "did not settle", "the promise did not settle"
        if "error" in outcome:
            assert outcome["error"]["isError"], "an app must get an Error"
            raise Refusal(outcome["error"])
        value = outcome.get("value")
        if isinstance(value, dict):
            self.desk.person.context.tokens.append(value.get("accessToken"))
        return value

    def call(self, method: str, argument=None):
        return self.settled(self.begin(method, argument))

    def refused(self, call: int) -> str:
        """The code that the call's promise rejects with."""
        try:
            value = self.settled(call)
        except Refusal as refusal:
            return refusal.code
        raise AssertionError(f"the promise resolved with {type(value).__name__}")

    def begin_mcp(self, method: str, *arguments) -> int:
        """The same for a method of `charmiq.mcp`."""
        return self.frame.evaluate(
            "([method, argumentsOfIt]) => window.beginMcp(method, argumentsOfIt)", [method, list(arguments)])

    def mcp(self, method: str, *arguments):
        return self.settled(self.begin_mcp(method, *arguments))

    def mcp_refused(self, method: str, *arguments) -> str:
        """The code that the call rejects with."""
        return self.refused(self.begin_mcp(method, *arguments))

    def connect_server(self, name: str, server: dict, account: str = "ada") -> dict:
        """The first connection to a server that needs an account, with every click."""
        call = self.begin_mcp("connect", name, {"mcpServerId": server["id"]})
        self.desk.consent(account)
        return self.settled(call)

    def connect(self, config: dict, account: str = "ada") -> dict:
        """The first consent, with every click."""
        call = self.begin("getValidAuth", config)
        self.desk.consent(account)
        return self.settled(call)
