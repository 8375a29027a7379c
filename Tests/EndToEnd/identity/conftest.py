import pytest


@pytest.fixture
def context(chromium):
    context = chromium.new_context(viewport={"width": 1000, "height": 800})
    context.set_default_timeout(60_000)
    yield context
    context.close()
