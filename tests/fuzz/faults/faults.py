#!/usr/bin/python3
"""Calls that fail by seed, in a real authd: allocations, libcrypto and libpq, in one kind of process at a time.

    ./dev fuzz faults [SECONDS [SEED]]

Each round takes a seed, from it the process, the kinds and the rate, and tells a story: login, userinfo, introspection,
refresh, revocation, logout, rotation.  While calls fail, an answer is right, or it is a refusal that says "later": 503
with Retry-After, `temporarily_unavailable`, a command that fails.  Never 500, never a wrong refusal ("wrong password",
`invalid_grant`), never the end of a process by a signal, but for the reasons in MAY_END.  When calls work again, what was
acknowledged is there, and the same story goes well.  A violation names its seed: the same round can be told again."""
import collections
import contextlib
import mmap
import os
import random
import re
import struct
import sys
import time

import requests

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

from harness.browser import Left  # noqa: E402
from harness.oidc import Attempt, jwt_parts  # noqa: E402
from harness.receiver import Receiver  # noqa: E402
from harness.service import CommandFailed, Service  # noqa: E402
from harness.world import BUILD, drop_postgres, new_client, new_postgres, populate  # noqa: E402

ROLES = {"web": 1, "verifier": 2, "signer": 3, "courier": 4, "clerk": 5, "admin": 6}
KINDS = {"memory": 1, "libcrypto": 2, "libpq": 4}
# Who uses which.
PAIRS = [("web", "memory"), ("web", "libpq"), ("verifier", "memory"), ("verifier", "libcrypto"), ("verifier", "libpq"),
         ("signer", "memory"), ("signer", "libcrypto"), ("clerk", "memory"), ("clerk", "libpq"), ("admin", "memory"),
         ("admin", "libpq"), ("courier", "memory"), ("courier", "libpq")]
RATES = (10, 30, 100, 300, 1000)
LEASE_S = 60              # of a delivery (authd/courier)
SETTLED = 40              # rounds after which caches are full
LEAK_KIB_A_ROUND = 64     # more growth than this is a leak: a request's arena is as large
# bug(): what a process ends with when libcrypto or the kernel refuse what can't be done without; a fresh one takes over.
MAY_END = re.compile(r"sha256 failed|hmac failed|hkdf failed|no random bytes|ends, so that a fresh process")

HEAD, FAILED, CALLS, N_PLACES, PLACES, PLACE_MAX = "=IIIIQ", 24, 36, 48, 64, 48
SIZE = 52 + PLACES * PLACE_MAX


class Orders:
    """What faulty.c reads: struct orders."""

    def __init__(self, path):
        with open(path, "wb") as out:
            out.write(bytes(SIZE + 64))
        os.chmod(path, 0o666)
        self.file = open(path, "r+b")
        self.map = mmap.mmap(self.file.fileno(), SIZE + 64)
        self.generation = 0

    def give(self, role=None, kinds=(), one_in=0, seed=0):
        self.generation += 1
        roles = 1 << ROLES[role] if role else 0
        self.map[0:24] = struct.pack(HEAD, self.generation, roles, sum(KINDS[k] for k in kinds), one_in, seed)

    def forget(self):
        self.map[FAILED:SIZE] = bytes(SIZE - FAILED)

    def failed(self):
        return sum(struct.unpack("=III", self.map[FAILED:FAILED + 12]))

    def calls(self):
        return sum(struct.unpack("=III", self.map[CALLS:CALLS + 12]))

    def places(self):
        n = struct.unpack("=I", self.map[N_PLACES:N_PLACES + 4])[0]
        texts = [self.map[52 + i * PLACE_MAX:52 + (i + 1) * PLACE_MAX].split(b"\0")[0].decode() for i in range(min(n, PLACES))]
        return ", ".join(f"{text} ×{count}" for text, count in collections.Counter(texts).most_common())

    def close(self):
        self.map.close()
        self.file.close()


class Violation(Exception):
    pass


class Witness:
    """Every answer of the provider, whoever asked."""

    def __init__(self):
        self.seen = []
        self.real = requests.Session.send

    def __enter__(self):
        witness = self

        def send(session, request, **other):
            try:
                response = witness.real(session, request, **other)
            except requests.RequestException as lost:
                witness.seen.append((request.method, request.url.split("?")[0], 0, str(lost)))
                raise
            witness.seen.append((request.method, request.url.split("?")[0], response.status_code, response.headers))
            return response
        requests.Session.send = send
        return self

    def __exit__(self, *_):
        requests.Session.send = self.real


class Patient:
    """One authd_faulty on a PostgreSQL of its own."""

    def __init__(self, build=BUILD):
        self.postgres = new_postgres()
        self.service = Service(self.postgres, build, {"processes": {"web": 1, "signer": 1, "verifier": 1}})
        self.service.program = "tests/fuzz/faults/authd_faulty"
        if not os.path.exists(f"{build}/{self.service.program}"):
            self.service.program = "authd_faulty"
        self.orders = Orders(self.service.directory + "/orders")
        os.environ["AUTHD_FAULTS"] = self.service.directory + "/orders"
        self.service.migrate()
        self.service.start()
        populate(self.service)
        self.service.an.sub = None  # known after the first login
        self.receiver = Receiver()
        self.client = new_client(self.service, "story", backchannel_logout_uri=self.receiver.url + "/logout",
                                 backchannel_logout_session_required=True)
        self.client.scope = "openid profile offline_access"
        assert self.client.discovery and self.client.jwks()

    def memory_kib(self):
        """What the processes have for themselves."""
        total = 0
        for pid in self.service.children():
            with open(f"/proc/{pid}/status", encoding="utf-8") as status:
                total += sum(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
        return total

    def last_words(self):
        lines = [line for line in self.service.log().splitlines() if "level=info" not in line]
        return "\n".join("       " + line for line in lines[-12:])

    def close(self):
        try:
            self.service.close()
        finally:
            self.orders.close()
            self.receiver.close()
            del os.environ["AUTHD_FAULTS"]
            drop_postgres(self.postgres)


class Round:
    def __init__(self, patient, seed):
        self.patient, self.service, self.client, self.seed = patient, patient.service, patient.client, seed
        chance = random.Random(seed)
        role, kind = PAIRS[seed % len(PAIRS)]
        self.role, self.kinds = role, (kind,)
        self.one_in = chance.choice({"web": RATES, "signer": RATES[:3], "verifier": RATES[:3]}.get(role, (3, 10, 30)))
        self.again = []        # what was acknowledged, asked for when calls work
        self.later = 0         # refusals that say "later"
        self.right = 0

    def __str__(self):
        return f"seed {self.seed}: {'+'.join(self.kinds)} in {self.role}, one in {self.one_in}"

    @contextlib.contextmanager
    def failing(self):
        self.patient.orders.give(self.role, self.kinds, self.one_in, self.seed)
        try:
            yield
        finally:
            self.patient.orders.map[12:16] = struct.pack("=I", 0)

    def step(self, name, act, witness):
        """The result, or None when it was refused as it should be."""
        mark = len(witness.seen)
        try:
            result = act()
        except Exception as wrong:  # judged by what the provider answered
            answers = witness.seen[mark:]
            self.judge_answers(name, answers)
            if isinstance(wrong, CommandFailed):
                self.later += 1
                return None
            if any(status in (0, 503) for _, _, status, _ in answers) or "temporarily_unavailable" in str(wrong):
                self.later += 1
                return None
            raise Violation(f"{self}: {name}: a wrong refusal: {type(wrong).__name__} {str(wrong)[:300]}; answers "
                            f"{[a[:3] for a in answers]}") from wrong
        self.judge_answers(name, witness.seen[mark:])
        self.right += 1
        return result

    def judge_answers(self, name, answers):
        for method, url, status, headers in answers:
            if status == 500 or status in (502, 504):
                raise Violation(f"{self}: {name}: {method} {url} answered {status}")
            if status == 503 and "Retry-After" not in headers:
                raise Violation(f"{self}: {name}: {method} {url} answered 503 without Retry-After")

    # -- the story ------------------------------------------------------------------------------

    def log_in(self):
        attempt, left = Attempt(), None
        browser = self.client.browser()
        attempt, left = self.client.authorize(browser, self.service.an, attempt, prompt="consent")
        assert isinstance(left, Left), "the browser stayed: " + getattr(left, "text", "")[:200]
        assert "code" in left.parameters, left.url
        answer = self.client.redeem(attempt, left)
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        assert "refresh_token" in tokens
        return dict(tokens, browser=browser)

    def log_in_again(self):
        """While nothing fails any more."""
        end = time.monotonic() + 20
        while True:
            wait_healthy(self.service)
            try:
                return self.log_in()
            except AssertionError as wrong:  # a connection comes back at its own pace, and says so
                if "(503)" not in str(wrong) and "temporarily_unavailable" not in str(wrong) or time.monotonic() > end:
                    raise

    def checked(self, answer):
        assert answer.status_code == 200, answer.text
        return answer

    def tell(self, witness):
        c = self.client
        with self.failing():
            tokens = self.step("login", self.log_in, witness)
        if tokens is None:
            tokens = self.log_in_again()
        if not self.service.an.sub:
            self.service.an.sub = c.id_token(tokens)["sub"]
        with self.failing():
            known = self.step("userinfo", lambda: self.checked(c.userinfo(tokens["access_token"])).json(), witness)
            assert known is None or known["sub"] == self.service.an.sub
            told = self.step("introspection", lambda: c.introspect(tokens["access_token"]), witness)
            if told is not None and not told["active"]:
                raise Violation(f"{self}: a token that works was called inactive")
            old = tokens["refresh_token"]
            new = self.step("refresh", lambda: self.checked(c.refresh(old)).json(), witness)
            newest = new["refresh_token"] if new else old
            self.again.append(("an acknowledged refresh token", lambda: self.checked(c.refresh(newest))))
            if self.role in ("admin", "clerk", "signer"):
                self.step("rotation", lambda: self.service.ctl_text(
                    "--yes", "keys", "rotate", "--now", "--force", "--alg", "ES256"), witness)
        other = self.log_in_again()
        with self.failing():
            if self.step("revocation", lambda: self.checked(c.revoke(other["refresh_token"])), witness) is not None:
                def gone():
                    assert c.refresh(other["refresh_token"]).status_code == 400
                    assert not c.introspect(other["access_token"])["active"]
                self.again.append(("an acknowledged revocation", gone))

            def leave():
                browser = other["browser"]
                try:
                    page = browser.open(f"{c.discovery['end_session_endpoint']}?id_token_hint={other['id_token']}")
                except Left:
                    return True
                assert page.status == 200, page.status
                return True
            if self.step("logout", leave, witness):
                def ended():
                    _, left = c.authorize(other["browser"], self.service.an, prompt="none")
                    assert left.parameters.get("error") == "login_required", left.url

                def told():
                    # what was claimed and then failed is claimed again when its lease has ended
                    sid, end = jwt_parts(other["id_token"])[1]["sid"], time.monotonic() + LEASE_S + 30
                    while not any(jwt_parts(fields["logout_token"])[1].get("sid") == sid
                                  for _, _, _, fields in list(self.patient.receiver.calls)):
                        assert time.monotonic() < end, "nobody told the portal"
                        time.sleep(0.05)
                self.again += [("an acknowledged logout", ended), ("the portal is told of it", told)]
                end = time.monotonic() + 5
                while self.role == "courier" and not self.patient.orders.failed() and time.monotonic() < end:
                    time.sleep(0.02)

    def run(self):
        mark = self.service.log_mark()
        self.patient.orders.forget()
        with Witness() as witness:
            self.tell(witness)
            calls, failed, places = self.patient.orders.calls(), self.patient.orders.failed(), self.patient.orders.places()
            self.patient.orders.give()
            wait_healthy(self.service)
            for name, act in self.again:
                try:
                    act()
                except Exception as wrong:
                    raise Violation(f"{self}: {name}: {type(wrong).__name__} {str(wrong)[:300]} ({places})") from wrong
            tokens = self.log_in_again()
            self.client.id_token(tokens)
            self.client.revoke(tokens["refresh_token"])
        self.judge_log(self.service.log()[mark:], places)
        return calls, failed, places

    def judge_log(self, log, places):
        for bad in ("AddressSanitizer", "runtime error:", "err=internal "):
            if bad in log:
                at = log.index(bad)
                raise Violation(f"{self}: {log[max(0, at - 400):at + 1500]}\n({places})")
        ends = [line for line in log.splitlines() if "event=process.died" in line]
        reasons = [line for line in log.splitlines() if "bug: " in line or "ends, so that a fresh" in line]
        for line in ends:
            if not any(MAY_END.search(reason) for reason in reasons):
                raise Violation(f"{self}: {line}\n       {reasons or log[-1500:]}")


def wait_healthy(service, seconds=30):
    """Every process is back, and connections to the database stand."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        told = service.ctl_run("--json", "status")
        if told.returncode == 0 and '"ready":false' not in told.stdout.replace(" ", ""):
            try:
                if service.get("/health/ready", timeout=5).status_code == 200:
                    return
            except requests.RequestException:
                pass
        time.sleep(0.05)
    raise Violation(f"the service does not recover: /health/ready says {service.get('/health/ready').text!r}, status "
                    + told.stdout.replace(" ", "")[:1500])


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    first = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 30)
    only = len(sys.argv) > 2 and seconds == 0
    patient, found, rounds, injected, settled = Patient(), 0, 0, 0, 0
    try:
        end = time.monotonic() + seconds
        seed = first
        while rounds == 0 or (not only and time.monotonic() < end):
            one = Round(patient, seed)
            try:
                calls, failed, places = one.run()
                injected += failed
                print(f"ok     {one}: {failed} of {calls} calls failed, {one.right} right, {one.later} later ({places})", flush=True)
            except (Violation, AssertionError, requests.RequestException, CommandFailed) as violation:
                found += 1
                print(f"FOUND  {violation if isinstance(violation, Violation) else f'{one}: afterwards: {violation!r:.600}'}\n"
                      f"       {patient.orders.places()}\n" + patient.last_words(), flush=True)
                patient.close()
                patient = Patient()
            rounds += 1
            seed += 1
            if rounds == SETTLED:
                settled = patient.memory_kib()
        if settled and not found:
            grown = patient.memory_kib() - settled
            print(f"memory after {SETTLED} rounds {settled} KiB, after {rounds} {grown:+} KiB", flush=True)
            found += grown > LEAK_KIB_A_ROUND * rounds
    finally:
        patient.close()
    print(f"{rounds} rounds from seed {first}, {injected} calls failed, {found} violations", flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
