"""People's browsers."""

# What a person waits for comes in a moment; on two busy cores a moment can be long.
PATIENCE_MILLISECONDS = 60_000


def open_browser(chromium, **more):
    """A new browser of a patient person, with nothing in it."""
    context = chromium.new_context(**more)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    return context
