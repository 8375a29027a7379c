import pytest
from browsers import open_browser


@pytest.fixture
def context(chromium):
    context = open_browser(chromium, viewport={"width": 1000, "height": 800})
    yield context
    context.close()
