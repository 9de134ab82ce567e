"""The UI: serves the page and the client's bundle, and passes the page's calls on to the internal service."""

from __future__ import annotations

import argparse

import web


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--internal-service-port", type=int, required=True)
    ports = parser.parse_args()
    page = (web.HERE / "index.html").read_bytes()
    bundle = (web.HERE / "bundle.js").read_bytes()
    version = web.built_version()

    def greet(query: web.Query) -> web.Answer:
        answer = web.call(ports.internal_service_port, "/greet", query)
        answer["versions"]["ui"] = version
        return web.as_json(answer)

    routes: web.Routes = {
        "/": lambda _: ("text/html; charset=utf-8", page),
        "/bundle.js": lambda _: ("text/javascript; charset=utf-8", bundle),
        "/api/greet": greet,
    }
    web.serve("ui", ports.port, routes)


main()
