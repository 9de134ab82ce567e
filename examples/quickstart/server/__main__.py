"""The server: greets with the text that was in greeting.txt when it was built."""

from __future__ import annotations

import argparse

import web


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    greeting = (web.HERE / "greeting.txt").read_text().strip()
    version = web.built_version()

    def greet(query: web.Query) -> web.Answer:
        text = f"{greeting}, {query.get('name', 'world')}!"
        return web.as_json({"text": text, "versions": {"server": version}})

    web.serve("server", port, {"/greet": greet})


main()
