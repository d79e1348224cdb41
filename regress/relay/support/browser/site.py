"""A stranger's site: pages of another origin, under a Content-Security-Policy as strict as can be."""
import http.server
import threading


class Site:
    """Its pages by path, each (content type, text); `policy` may name the relay as {relay}."""

    def __init__(self, pages, policy):
        site = self
        self.pages, self.policy = pages, policy
        self.asked = []     # the lines of the requests

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # pylint: disable=invalid-name
                site.asked.append(self.path)
                kind, text = site.pages.get(self.path.split("?")[0], ("text/plain", ""))
                self.send_response(200 if text else 404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Security-Policy", site.policy)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
