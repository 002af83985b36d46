"""What clients sent and heard, a JSON object a line, and the only thing the checker reads.

Every event has  n (its number), who, op, call and end (seconds of one monotonic clock: before the first byte was
sent, after the last was read), and, for requests, node and got:
    ok        acknowledged            refused   a 4xx, or a page that says no
    away      503 with Retry-After    lost      the connection ended without a whole answer
    late      no answer in time       bad       anything else
Bearer secrets stand as the first sixteen digits of their SHA-256."""
import hashlib
import json
import threading
import time

now = time.monotonic


def digest(secret):
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


class History:
    def __init__(self, path=None):
        self.events = []
        self.lock = threading.Lock()
        self.file = open(path, "w", encoding="utf-8", buffering=1) if path else None

    def add(self, who, op, call, end, **more):
        with self.lock:
            event = {"n": len(self.events), "who": who, "op": op, "call": round(call, 6), "end": round(end, 6)}
            event.update(more)
            self.events.append(event)
            if self.file:
                self.file.write(json.dumps(event) + "\n")
        return event

    def close(self):
        if self.file:
            self.file.close()


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]
