"""A core system that tests talk to over real HTTP."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Core:
    """A core system in a thread: keeps what it was told, by key; can refuse, be broken, or do as told and not answer."""

    def __init__(self) -> None:
        self.done: dict[str, dict[str, object]] = {}
        self.calls: list[str] = []
        self.refuses: set[str] = set()
        self.broken = False
        self.mute_after_doing = False
        self.page = 2
        core = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                core.post(self)

            def do_GET(self) -> None:
                core.get(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def held(self) -> dict[str, dict[str, object]]:
        """By place, as the last instruction left it."""
        found: dict[str, dict[str, object]] = {}
        for one in self.done.values():
            place = f"{one['role']} {one['subject']} {one['measure']} {one['channel']} {one['counterparty']}"
            if one["change"] == "impose":
                found[place] = one
            else:
                found.pop(place, None)
        return found

    def post(self, handler: BaseHTTPRequestHandler) -> None:
        key, body = handler.headers["Idempotency-Key"], handler.rfile.read(int(handler.headers["Content-Length"]))
        self.calls.append(key)
        if self.broken:
            return self.say(handler, 503, {})
        if key in self.refuses:
            return self.say(handler, 422, {"reason": "account closed"})
        known = self.done.setdefault(key, json.loads(body))
        assert known == json.loads(body), "one key, one instruction"
        if self.mute_after_doing:
            handler.connection.close()
            return None
        return self.say(handler, 200, {})

    def get(self, handler: BaseHTTPRequestHandler) -> None:
        start = int(handler.path.partition("after=")[2] or 0)
        rows = [
            {name: one[name] for name in ("role", "subject", "measure", "channel", "counterparty", "until_us", "amount_minor")}
            for one in self.held.values()
        ]
        rest = start + self.page
        self.say(handler, 200, {"measures": rows[start:rest], "next": str(rest) if rest < len(rows) else None})

    def say(self, handler: BaseHTTPRequestHandler, status: int, document: dict[str, object]) -> None:
        content = json.dumps(document).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def close(self) -> None:
        """Ends the server."""
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
