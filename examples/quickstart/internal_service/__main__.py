"""The internal service: asks the server on behalf of the page."""

from __future__ import annotations

import argparse

import web


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--server-port", type=int, required=True)
    ports = parser.parse_args()
    version = web.built_version()

    def greet(query: web.Query) -> web.Answer:
        answer = web.call(ports.server_port, "/greet", query)
        answer["versions"]["internal-service"] = version
        return web.as_json(answer)

    web.serve("internal-service", ports.port, {"/greet": greet})


main()
