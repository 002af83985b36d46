"""Load and faults for as long as you like: people log in, portals refresh, introspect and revoke, keys rotate,
children and PostgreSQL are killed.  Fails when an acknowledged grant is lost, when an answer is neither right
nor a clear refusal, or when memory keeps growing.

    ./dev soak [MINUTES]
"""
import os
import random
import signal
import sys
import threading
import time

import requests

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.service import Service  # noqa: E402
from harness.world import BUILD, drop_postgres, new_postgres, populate  # noqa: E402

PASSING = (502, 503)  # what may be answered while something is being restarted


class Portal(threading.Thread):
    """One portal with one person: a chain of refreshes, each of which must follow from the last answer."""

    def __init__(self, service, number):
        super().__init__(daemon=True)
        self.service, self.number = service, number
        self.client = service.first if number % 2 else service.second
        self.person = service.an if number % 3 else service.binh
        self.http = service.session()
        self.stop, self.defects = threading.Event(), []
        self.refreshes = self.logins = self.unavailable = 0

    def run(self):
        token = None
        while not self.stop.is_set() and not self.defects:
            try:
                token = self.step(token)
            except (requests.RequestException, ConnectionError):
                self.unavailable += 1
                time.sleep(0.2)
            except Exception as defect:  # whatever it is, it is a finding
                if "503" in str(defect):
                    self.unavailable += 1
                    time.sleep(0.2)
                else:
                    self.defects.append(repr(defect)[:2000])

    def step(self, token):
        if token is None:
            self.logins += 1
            return self.client.log_in(self.person, scope="openid offline_access")["refresh_token"]
        answer = self.http.post(self.client.discovery["token_endpoint"], timeout=20,
                                auth=(self.client.id, self.client.secret),
                                data={"grant_type": "refresh_token", "refresh_token": token})
        if answer.status_code in PASSING:
            assert "Retry-After" in answer.headers
            self.unavailable += 1
            time.sleep(0.2)
            return token
        assert answer.status_code == 200, f"a grant was lost: {answer.status_code} {answer.text}"
        self.refreshes += 1
        tokens = answer.json()
        if random.random() < 0.02:
            return self.end(tokens)
        return tokens["refresh_token"]

    def end(self, tokens):
        """Introspects and revokes; either may find something being restarted."""
        told = self.client.post("introspection_endpoint", {"token": tokens["access_token"]})
        assert told.status_code in PASSING or told.json()["active"] is True, "a fresh token is not active"
        revoked = self.client.revoke(tokens["refresh_token"])
        assert revoked.status_code in PASSING + (200,), f"revocation: {revoked.status_code}"
        return None if revoked.status_code == 200 else tokens["refresh_token"]


def defects_logged(service):
    """internal.error also tells of parts that are away, which is what we cause."""
    return [line for line in service.log_lines("internal.error")
            if "err=unavailable" not in line and "err=timeout" not in line]


def memory_kib(service):
    total = 0
    for pid in [service.process.pid] + service.children():
        try:
            with open(f"/proc/{pid}/status") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
        except FileNotFoundError:
            pass
    return total


def disturb(service, postgres):
    what = random.choice(["web", "signer", "verifier", "courier", "clerk", "rotate", "reload", "postgres",
                          "nothing", "nothing"])
    if what == "rotate":
        service.ctl_run("keys", "rotate")
    elif what == "reload":
        service.process.send_signal(signal.SIGHUP)
    elif what == "postgres":
        postgres.kill()
        time.sleep(0.5)
        postgres.start()
    elif what != "nothing":
        pids = service.roles().get(what)
        if pids:
            os.kill(random.choice(pids), signal.SIGKILL)
    return what


def main(arguments):
    minutes = float(arguments[0]) if arguments else 10.0
    postgres = new_postgres()
    service = None
    try:
        service = Service(postgres, BUILD, {"log": {"level": "warn"}})
        service.migrate()
        service.start()
        populate(service)
        portals = [Portal(service, number) for number in range(6)]
        for portal in portals:
            portal.start()
        end, early, counted = time.monotonic() + minutes * 60, None, {}
        while time.monotonic() < end and not any(p.defects for p in portals):
            time.sleep(5)
            what = disturb(service, postgres)
            counted[what] = counted.get(what, 0) + 1
            assert service.process.poll() is None, "the parent ended"
            if early is None and time.monotonic() > end - minutes * 60 * 0.75:
                early = memory_kib(service)
        late = memory_kib(service)
        for portal in portals:
            portal.stop.set()
            portal.join(30)
        print("  disturbed   ", ", ".join(f"{k} {v}" for k, v in sorted(counted.items())))
        print("  refreshes   ", sum(p.refreshes for p in portals))
        print("  logins      ", sum(p.logins for p in portals))
        print("  unavailable ", sum(p.unavailable for p in portals))
        print(f"  memory       {early} KiB after a quarter, {late} KiB at the end")
        defects = [d for p in portals for d in p.defects]
        if early and late > early * 1.5 + 32768:
            defects.append("memory keeps growing")
        defects += defects_logged(service)[:5]
        for defect in defects:
            print("  DEFECT      ", defect)
        return 1 if defects else 0
    finally:
        if service:
            service.close()
        drop_postgres(postgres)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
