"""A portal's jwks_uri on loopback: answers as told, counts who asks."""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Publisher:
    def __init__(self):
        self.asked = 0
        self.status, self.headers, self.body = 200, {}, b'{"keys":[]}'
        self.gate = threading.Event()  # cleared: answers wait
        self.gate.set()
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                publisher.asked += 1
                publisher.gate.wait(20)
                self.send_response(publisher.status)
                for name, value in publisher.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(publisher.body)))
                self.end_headers()
                try:
                    self.wfile.write(publisher.body)
                except ConnectionError:
                    pass

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/jwks"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def publish(self, *keys):
        self.body = json.dumps({"keys": keys}).encode()

    def close(self):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()
