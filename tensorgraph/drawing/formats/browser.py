"""Handing a page to the user's browser without writing a file."""

from __future__ import annotations

import webbrowser
from http.server import BaseHTTPRequestHandler, HTTPServer

from tensorgraph import errors

PATIENCE = 10.0
"""Seconds until a browser is given up that does not ask for the page."""


def open_page(text: str) -> None:
    """Show an HTML page in the browser, which fetches it once from this process.

    Raises:
        GraphError: there is no browser, or it did not ask for the page.
    """
    server = _server(text.encode())
    try:
        server.timeout = PATIENCE
        address = f"http://127.0.0.1:{server.server_port}/"
        if webbrowser.open(address):
            server.handle_request()
    finally:
        server.server_close()
    if not server.served:
        raise errors.GraphError(
            "render: no browser asked for the page; write .save('graph.html') and open that file"
        )


class _Server(HTTPServer):
    """Hands out one page."""

    page = b""
    served = False


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Send the page."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(self.server.page)))
        self.end_headers()
        self.wfile.write(self.server.page)
        self.server.served = True

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a picture is no server's log."""


def _server(page: bytes) -> _Server:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.page = page
    return server
