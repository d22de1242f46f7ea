"""A real smart HTTP remote on loopback: `git http-backend` behind a small threaded server."""

from __future__ import annotations

import gzip
import http.server
import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    root: Path
    environ: Mapping[str, str]
    break_after: Callable[[str], bool]
    work_on: Callable[[str], bool]

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self._body())

    def log_message(self, *args: object) -> None:
        pass

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _answer(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        environ = {
            **self.environ,
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": "127.0.0.1",
            "REMOTE_USER": "tester",
        }
        if type(self).work_on(self.path):
            threading.Thread(target=_backend, args=(environ, body)).start()
            self.close_connection = True
            return
        done = _backend(environ, body)
        if type(self).break_after(self.path):
            self.close_connection = True
            return  # the work is done, the answer is lost
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))  # or nobody could tell a cut from an end
        self.end_headers()
        self.wfile.write(content)


def _backend(environ: Mapping[str, str], body: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", "http-backend"], env=environ, input=body, capture_output=True, check=False)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that hangs up is what some tests are about


@contextmanager
def smart_http(
    root: Path,
    environ: Mapping[str, str],
    *,
    break_after: Callable[[str], bool] = lambda _path: False,
    work_on: Callable[[str], bool] = lambda _path: False,
) -> Iterator[str]:
    """Serve the bare repositories below `root`, pushes enabled; yield the base URL.

    A request whose path `break_after` accepts is carried out, and its answer never sent; for one that
    `work_on` accepts the connection ends first, and the server works on.
    """
    for repository in root.glob("*/HEAD"):
        subprocess.run(
            ["git", "config", "http.receivepack", "true"],
            cwd=repository.parent,
            env=dict(environ),
            check=True,
        )
    handler = type(
        "Handler",
        (_Handler,),
        {
            "root": root,
            "environ": {"PATH": os.environ["PATH"], **environ},
            "break_after": staticmethod(break_after),
            "work_on": staticmethod(work_on),
        },
    )
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
