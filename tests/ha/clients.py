"""Clients that remember what they were told, and judge the service by it alone.

What counts: an answer of 200 is a promise.  503 with Retry-After is a refusal, after which the same request is sent
again.  Everything else is a defect: another 5xx, 503 without Retry-After, a refresh token that was acknowledged and is
refused, something revoked or used that works again.  A lost answer leaves the predecessor usable for 60 s
(DESIGN.md section 7)."""
import random
import threading
import time

from harness.oidc import jwt_verify

GRACE_S = 55


class Refused(Exception):
    """503, as it should be."""


class Story:
    """What all clients were told since the service began."""

    def __init__(self, service):
        self.service, self.lock = service, threading.Lock()
        self.defects, self.refused, self.slowest = [], 0, 0.0
        self.done = {}      # {what: [monotonic time of the request, …]}
        self.codes = []     # used
        self.revoked = []   # (client, refresh token, access token)

    def tell(self, what, began):
        with self.lock:
            self.done.setdefault(what, []).append(began)

    def defect(self, text):
        with self.lock:
            self.defects.append(f"{time.strftime('%H:%M:%S')} {text[:600]}")

    def count(self, what):
        with self.lock:
            return len(self.done.get(what, []))

    def first_after(self, what, moment):
        with self.lock:
            return next((t for t in self.done.get(what, []) if t >= moment), None)

    def judge(self, response, *_, **__):
        """Hook of every session: the statuses that must never be seen."""
        status = response.status_code
        seconds = response.elapsed.total_seconds()
        with self.lock:
            self.slowest = max(self.slowest, seconds)
        if status == 503:
            with self.lock:
                self.refused += 1
            if "Retry-After" not in response.headers:
                self.defect(f"503 without Retry-After: {response.url}")
            raise Refused
        if status >= 500:
            self.defect(f"{status} from {response.url}: {response.text[:200]}")
            raise Refused


class Clients(threading.Thread):
    """One loop of one kind of client."""

    def __init__(self, story, number):
        super().__init__(daemon=True)
        self.story, self.service = story, story.service
        self.client = self.service.first if number % 2 else self.service.second
        self.person = self.service.people[number % 2]
        self.http = self.service.session()
        self.http.hooks["response"].append(story.judge)
        self.stopping = threading.Event()
        self.pause = 0.15

    def run(self):
        while not self.stopping.is_set():
            try:
                self.step()
            except Refused:
                self.stopping.wait(0.25)
            except Exception as wrong:  # whatever it is, it is a finding
                self.story.defect(f"{type(self).__name__}: {wrong!r}")
                self.stopping.wait(1)
            self.stopping.wait(self.pause * random.random() * 2)

    def post(self, endpoint, fields):
        return self.http.post(self.client.discovery[endpoint], data=fields, timeout=40,
                              auth=(self.client.id, self.client.secret))

    def log_in(self):
        began = time.monotonic()
        browser = self.client.browser()
        browser.session.hooks["response"].append(self.story.judge)
        attempt, left = self.client.authorize(browser, self.person, scope="openid offline_access")
        assert "code" in left.parameters, left.url
        fields = {"grant_type": "authorization_code", "code": left.parameters["code"],
                  "redirect_uri": self.client.redirect_uri, "code_verifier": attempt.verifier}
        while True:
            first = time.monotonic()
            try:
                answer = self.post("token_endpoint", fields)
                break
            except Refused:
                # A code lives a minute; an answer lost on the way may have used it up.
                if time.monotonic() - first > 20 or self.stopping.wait(0.3):
                    raise
        if answer.status_code == 400 and time.monotonic() - began > 1 and answer.json()["error"] == "invalid_grant":
            raise Refused
        assert answer.status_code == 200, answer.text
        self.story.tell("login", began)
        with self.story.lock:
            self.story.codes.append((self.client, fields))
        return answer.json()


class Logins(Clients):
    def step(self):
        self.log_in()


class Portal(Clients):
    """A chain of refreshes with introspections; now and then the grant is revoked and a new one begins."""

    token = access = None
    since = 0.0  # when the token was first tried without an answer

    def step(self):
        if self.token is None:
            tokens = self.log_in()
            self.token, self.access, self.since = tokens["refresh_token"], tokens["access_token"], 0.0
        self.refresh()
        self.introspect(True)
        if random.random() < 0.06:
            self.revoke()

    def refresh(self):
        began = time.monotonic()
        try:
            answer = self.post("token_endpoint", {"grant_type": "refresh_token", "refresh_token": self.token})
        except Refused:
            self.since = self.since or began
            raise
        if answer.status_code != 200:
            if self.since and began - self.since > GRACE_S:
                self.token = None
                raise Refused
            defect = f"an acknowledged refresh token is refused: {answer.status_code} {answer.text}"
            self.token = None
            raise AssertionError(defect)
        self.story.tell("refresh", began)
        tokens = answer.json()
        self.token, self.access, self.since = tokens["refresh_token"], tokens["access_token"], 0.0

    def introspect(self, expected):
        began = time.monotonic()
        answer = self.post("introspection_endpoint", {"token": self.access})
        assert answer.status_code == 200 and answer.json()["active"] is expected, answer.text
        self.story.tell("introspection", began)

    def revoke(self):
        began = time.monotonic()
        while True:
            try:
                answer = self.post("revocation_endpoint", {"token": self.token})
                break
            except Refused:
                if self.stopping.wait(0.3):
                    self.token = None  # nobody was told anything
                    raise
        assert answer.status_code == 200, answer.text
        self.story.tell("revocation", began)
        with self.story.lock:
            self.story.revoked.append((self.client, self.token, self.access))
        self.token = None


class Offline(Clients):
    """Discovery, keys and verification: they may not fail at all."""

    pause = 0.2

    def __init__(self, story, number, token):
        super().__init__(story, number)
        self.token = token

    def step(self):
        began = time.monotonic()
        discovery = self.service.get("/.well-known/openid-configuration", timeout=10)
        jwks = self.service.get("/jwks", timeout=10) if discovery.status_code != 200 else self.service.get(
            discovery.json()["jwks_uri"][len(self.service.issuer):], timeout=10)
        if discovery.status_code != 200 or jwks.status_code != 200:
            raise AssertionError(f"discovery {discovery.status_code}, keys {jwks.status_code}")
        jwt_verify(self.token, jwks.json())
        self.story.tell("verification", began)


class Load:
    def __init__(self, service):
        self.story = Story(service)
        id_token = service.first.log_in(service.an)["id_token"]
        self.clients = [Portal(self.story, n) for n in range(4)] + [Logins(self.story, n) for n in range(2)] + \
            [Offline(self.story, 0, id_token)]

    def start(self):
        for client in self.clients:
            client.start()

    def stop(self):
        for client in self.clients:
            client.stopping.set()
        for client in self.clients:
            client.join(60)

    def judge_all(self):
        """With the service at rest: everything that was acknowledged, looked at once more."""
        story = self.story
        for portal in self.clients:
            if isinstance(portal, Portal) and portal.token and not portal.since:
                portal.introspect(True)
                portal.refresh()
        for client, refresh_token, access_token in story.revoked:
            if client.introspect(access_token)["active"]:
                story.defect("a revoked grant's access token is active again")
            if client.refresh(refresh_token).status_code != 400:
                story.defect("a revoked refresh token works again")
        for client, fields in story.codes[-40:]:
            if client.token(fields).status_code != 400:
                story.defect("a used code works again")


def events(service, cluster, leader):
    """Audit entries by event."""
    rows = cluster.psql(leader, "SELECT event, count(*) FROM authd.audit GROUP BY 1").splitlines()
    return {name: int(n) for name, n in (row.split("|") for row in rows)}


