"""One browser for all tests of pages, which costs seconds to start."""

import pytest

from tests.drawing.browser import Browser
from tests.machine.needs import require


@pytest.fixture(scope="session")
def session(tmp_path_factory):
    require("browser")
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


@pytest.fixture
def browser(session):
    """A browser in which nothing may go wrong unnoticed, and no page asks for another file."""
    yield session
    session.plain()
    assert session.errors() == []
    loaded = {address.partition("#")[0] for address in session.requests()}
    assert loaded <= {session.page.as_uri(), "about:blank", "about:srcdoc"}
