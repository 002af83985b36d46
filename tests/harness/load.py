"""Callers that do not forgive: each request is sent once, on a connection of its own or on a kept one, and whatever is
not the right answer is a failure.  A client library would repeat what was lost on a kept connection; here the loss is
what is looked for."""
import base64
import http.client
import random
import ssl
import threading
from urllib.parse import urlencode


class Caller(threading.Thread):
    """Asks again and again; `kept`: on one connection, which is opened anew only after the server said that it closes."""

    def __init__(self, service, ask, kept, pause=0.0):
        super().__init__(daemon=True)
        self.service, self.ask, self.kept, self.pause = service, ask, kept, pause
        self.answered, self.closes, self.failures = 0, 0, []
        self.stopping = threading.Event()
        self.context = ssl.create_default_context(cafile=service.ca_file) if service.tls else None
        self.connection = None

    def open(self):
        if self.context:
            return http.client.HTTPSConnection("localhost", self.service.port, timeout=60, context=self.context)
        return http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=60)

    def request(self, method, path, form=None, headers=None):
        """Status, headers, body."""
        if self.connection is None or not self.kept:
            self.connection = self.open()
        headers = dict(headers or {}, Host=f"localhost:{self.service.port}")
        body = None
        if form is not None:
            body, headers["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.getheader("Connection", "").lower() == "close":
            self.closes += 1
        if not self.kept:
            self.connection.close()
        return answer, text

    def run(self):
        while not self.stopping.is_set():
            try:
                self.ask(self)
                self.answered += 1
            except Exception as error:  # whatever it is, it is a finding
                self.failures.append(repr(error)[:500])
                return
            self.stopping.wait(random.random() * self.pause)

    def stop(self):
        self.stopping.set()
        self.join(60)
        if self.connection is not None:
            self.connection.close()


def discovery(caller):
    answer, text = caller.request("GET", "/.well-known/openid-configuration")
    assert answer.status == 200 and b"jwks_uri" in text, (answer.status, text[:200])


def ready(caller):
    answer, text = caller.request("GET", "/health/ready")
    assert answer.status == 200, (answer.status, text[:200])


def basic(client):
    return {"Authorization": "Basic " + base64.b64encode(f"{client.id}:{client.secret}".encode()).decode()}


class Refreshing:
    """A chain of refreshes: each follows from the last answer."""

    def __init__(self, client, refresh_token):
        self.client, self.token = client, refresh_token

    def __call__(self, caller):
        answer, text = caller.request("POST", "/token", {"grant_type": "refresh_token", "refresh_token": self.token},
                                      basic(self.client))
        assert answer.status == 200, (answer.status, text[:300])
        import json
        self.token = json.loads(text)["refresh_token"]


class Introspecting:
    def __init__(self, client, token):
        self.client, self.token = client, token

    def __call__(self, caller):
        answer, text = caller.request("POST", "/introspect", {"token": self.token}, basic(self.client))
        assert answer.status == 200 and b'"active":true' in text.replace(b" ", b""), (answer.status, text[:300])


class Load:
    """Callers of every kind; `with Load(service) as load: …; load.check()`."""

    def __init__(self, service, pause=0.05, each=1):
        self.callers = []
        for _ in range(each):
            for kept in (False, True):
                tokens = service.first.log_in(service.an, scope="openid offline_access")
                for ask in (discovery, ready, Refreshing(service.first, tokens["refresh_token"]),
                            Introspecting(service.first, tokens["access_token"])):
                    self.callers.append(Caller(service, ask, kept, pause))

    def __enter__(self):
        for caller in self.callers:
            caller.start()
        return self

    def __exit__(self, *_):
        for caller in self.callers:
            caller.stop()

    def failures(self):
        return [failure for caller in self.callers for failure in caller.failures]

    def answered(self):
        return sum(caller.answered for caller in self.callers)

    def go_on(self, each):
        """Waits until every caller has been answered `each` times more; the first failure ends it."""
        wanted = [(caller, caller.answered + each) for caller in self.callers]
        while not self.failures() and any(caller.answered < n for caller, n in wanted):
            self.callers[0].stopping.wait(0.02)
        assert not self.failures(), self.failures()
