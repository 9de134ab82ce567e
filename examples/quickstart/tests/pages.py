"""The page as a user sees it: in a real browser, or played over HTTP where there is none."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any, Protocol
from urllib.parse import urlencode


class Page(Protocol):
    """What the tests do with the page, whichever way."""

    def title(self) -> str:
        """What the browser's tab says."""
        ...

    def greet(self, name: str) -> str:
        """Type a name, press the button, wait for the answer that the page shows."""
        ...

    def versions(self) -> dict[str, str]:
        """By stage, the version of the build that took part in the last answer."""
        ...


class BrowserPage:
    """Clicks in a real browser; `tab` is a Playwright page."""

    def __init__(self, tab: Any, url: str) -> None:
        self._tab = tab
        tab.goto(url)

    def title(self) -> str:
        return str(self._tab.title())

    def greet(self, name: str) -> str:
        self._tab.fill("#name", name)
        self._tab.click("#greet")
        self._tab.wait_for_function("document.getElementById('answer').textContent !== ''")
        return str(self._tab.inner_text("#answer"))

    def versions(self) -> dict[str, str]:
        script = "items => Object.fromEntries(items.map(item => [item.dataset.stage, item.dataset.version]))"
        return dict(self._tab.eval_on_selector_all("#versions li", script))


class HttpPage:
    """Does what the page's script does, request by request."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        # A proxy from the environment has no business between here and the loopback.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._html = self._get("/")
        self._versions: dict[str, str] = {}

    def _get(self, path: str) -> str:
        with self._opener.open(self._url + path, timeout=10) as response:
            return str(response.read().decode())

    def title(self) -> str:
        return _first(r"<title>(.*?)</title>", self._html)

    def greet(self, name: str) -> str:
        bundle = self._get("/" + _first(r'<script src="(.*?)"', self._html))
        answer = json.loads(self._get(f"/api/greet?{urlencode({'name': name})}"))
        self._versions = {**answer["versions"], "client": _first(r'CLIENT_VERSION = "(.*?)"', bundle)}
        return str(answer["text"])

    def versions(self) -> dict[str, str]:
        return self._versions


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, f"no {pattern} in {text[:200]!r}"
    return found[1]
