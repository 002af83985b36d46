"""Promise 9, by force: floods against an authd configured as in production, while honest people, portals and
operators go on.  ./dev flood [--quick] [SCENARIO…]; without names all run.  Exit status 1 when a demand is not met."""
import argparse
import base64
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from urllib.parse import urlencode

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from harness.oidc import Attempt  # noqa: E402
from harness.ports import free_port  # noqa: E402
from harness.service import Service  # noqa: E402
from harness.world import BUILD, drop_postgres, new_client, new_postgres, populate  # noqa: E402

DEADLINE_MS = 10000    # of a request that was let in (authd/routes.c), and what the machine adds
REFUSAL_P99_MS = 2000  # "at once" on a machine on which attackers take half of each core
GROWTH_MB = 450        # of all processes together, by ten thousand of anything: 45 KB each, most of it for handshakes
LEFT_MB = 60           # of that, afterwards: what the allocator keeps


def pss_mb(pids):
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        except (OSError, StopIteration):
            pass
    return total / 1024


def descriptors(pids):
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)


class Broken(Exception):
    pass


class Honest(threading.Thread):
    """Somebody who goes on during a flood: asks every quarter second, counts what failed, remembers the slowest."""

    def __init__(self, name, ask):
        super().__init__(daemon=True)
        self.name, self.ask = name, ask
        self.done, self.slowest, self.failed, self.ending = 0, 0.0, [], threading.Event()

    def run(self):
        while not self.ending.is_set():
            begun = time.monotonic()
            try:
                self.ask()
            except Exception as error:  # whatever it is, it counts
                self.failed.append(f"{type(error).__name__}: {error}"[:200])
            self.done += 1
            self.slowest = max(self.slowest, time.monotonic() - begun)
            self.ending.wait(0.25)


class Watch(threading.Thread):
    """The most memory all processes had together."""

    def __init__(self, pids):
        super().__init__(daemon=True)
        self.pids, self.most, self.ending = pids, pss_mb(pids), threading.Event()

    def run(self):
        while not self.ending.wait(0.3):
            self.most = max(self.most, pss_mb(self.pids))


class Flood:
    def __init__(self, quick):
        self.quick = quick
        self.postgres = new_postgres()
        self.directory = tempfile.mkdtemp(prefix="authd-flood-")
        self.metrics = free_port()
        self.plain = self.start(False)
        self.secure = self.start(True)

    def start(self, tls):
        """Production's limits and hashes; the proxy's header is how the tests are many."""
        service = Service(self.postgres, BUILD, {
            "server": {"connections_per_address": 512, "connections_max": 16384, "trusted_proxy": "127.9.9.9"},
            "processes": {"web": 0, "signer": 0, "verifier": 0},
            "passwords": {"argon2_memory_kib": 19456, "argon2_time": 2},
            "keys": {"jwks_max_age_s": 86400, "publish_min_s": 86400},
            "development": {"login_throttle": True, "http_loopback_redirects": True},
            **({} if tls else {"metrics": {"listen": f"127.0.0.1:{self.metrics}"}})}, tls)
        service.migrate()
        service.start()
        return populate(service)

    def close(self):
        for service in (self.plain, self.secure):
            service.close()
        drop_postgres(self.postgres)

    def many(self, n):
        return n // 10 if self.quick else n

    def seconds(self, n):
        return 4 if self.quick else n

    # -- the crowd ---------------------------------------------------------------------------

    def request(self, service, method, path, fields=None, headers=()):
        body = urlencode(fields or {})
        head = [f"{method} {path} HTTP/1.1", f"Host: localhost:{service.port}", *headers]
        if method == "POST":
            head += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        return "\r\n".join(head) + "\r\n\r\n" + (body if method == "POST" else "")

    def authorization(self, client):
        return "Authorization: Basic " + base64.b64encode(f"{client.id}:{client.secret}".encode()).decode()

    def crowd(self, service, how, n, seconds, requests=(), *options):
        """Begins; .communicate() tells."""
        path = f"{self.directory}/{secrets.token_hex(4)}"
        with open(path, "wb") as out:
            for one in requests:
                out.write(one.encode() + b"\0")
        command = [BUILD + "/flood_crowd", str(service.port), how, str(n), str(seconds),
                   *([path] if requests else []), *(["--tls"] if service.tls else []), *map(str, options)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def told(self, process):
        out, _ = process.communicate()
        if process.returncode != 0:
            raise Broken(f"the crowd ended with {process.returncode}")
        return json.loads(out)

    # -- what goes on ------------------------------------------------------------------------

    def honest(self, service):
        """People who are logged in, portals that verify, operators."""
        first = new_client(service, "honest-" + secrets.token_hex(3), redirect_uris=["http://localhost:9999/h"])
        tokens = first.log_in(service.an, scope="openid offline_access")
        state = {"refresh": tokens["refresh_token"], "access": tokens["access_token"]}

        def refresh():
            answer = first.refresh(state["refresh"])
            assert answer.status_code == 200, f"{answer.status_code} {answer.text[:100]}"
            state["refresh"] = answer.json()["refresh_token"]
            state["access"] = answer.json()["access_token"]

        def introspect():
            answer = service.session().post(first.discovery["introspection_endpoint"], auth=(first.id, first.secret),
                                            data={"token": state["access"]}, timeout=20)
            assert answer.status_code == 200 and answer.json()["active"], answer.text[:100]

        def get(path, status=200):
            def ask():
                answer = service.get(path, timeout=20)
                assert answer.status_code == status, answer.status_code
            return ask

        def metrics():
            answer = service.session().get(f"http://127.0.0.1:{self.metrics}/metrics", timeout=20)
            assert answer.status_code == 200
        all_of_them = [Honest("refresh", refresh), Honest("introspection", introspect), Honest("jwks", get("/jwks")),
                       Honest("health", get("/health/ready")), Honest("authctl", lambda: service.ctl("status"))]
        return all_of_them + ([Honest("metrics", metrics)] if service is self.plain else [])

    def quiet(self, service, before):
        """Waits until nothing of the flood is left; what is left after that is a leak."""
        end = time.monotonic() + 75
        while True:
            tasks = [t for t in service.ctl("tasks") if t.get("doing")]
            fds = descriptors(service.roles()["web"])
            kept = pss_mb([service.process.pid] + service.children()) - before["mb"]
            if not tasks and fds <= before["fds"] + 8 and kept <= LEFT_MB:
                break
            if time.monotonic() > end:
                raise Broken(f"left behind: {len(tasks)} tasks, {fds - before['fds']} descriptors, {kept:.0f} MB")
            time.sleep(0.5)

    def run(self, name, service, attack, honest_may_fail=()):
        """attack() gives the crowds' processes and whether a crowd is judged as HTTP."""
        pids = [service.process.pid] + service.children()
        honest = self.honest(service)
        before = {"fds": descriptors(service.roles()["web"]) + 2 * len(honest), "mb": pss_mb(pids)}
        mark = service.log_mark()
        prepared = attack(self, service)
        watch = Watch(pids)
        for thread in honest + [watch]:
            thread.start()
        crowds = {label: begin() for label, begin in prepared.items()}
        told = {label: self.told(process) for label, process in crowds.items()}
        for thread in honest + [watch]:
            thread.ending.set()
        for thread in honest + [watch]:
            thread.join()
        self.quiet(service, before)
        after = pss_mb(pids)
        self.show(name, told, honest, before["mb"], watch.most, after)
        self.judge(service, told, honest, before["mb"], watch.most, after, service.log()[mark:])
        if [service.process.pid] + service.children() != pids:
            raise Broken("a process died")
        service.first.log_in(service.an)

    def show(self, name, told, honest, before, most, after):
        for label, t in told.items():
            fine, busy = t["fine"], t["busy"]
            print(f"  {label}: {fine['n']} answered (p50 {fine['p50_ms']} ms, p99 {fine['p99_ms']}, most "
                  f"{fine['max_ms']}), {busy['n']} told to come back (p50 {busy['p50_ms']} ms, p99 {busy['p99_ms']}), "
                  f"{t['other']} others {t['other_status'] or ''}, {t['opened']} connections, {t['cut']} cut off, "
                  f"{t['standing']} standing at the end")
        slow = ", ".join(f"{h.name} {h.done} times, slowest {h.slowest:.2f} s" for h in honest)
        print(f"  meanwhile: {slow}\n  memory: {before:.0f} MB before, {most:.0f} at most, {after:.0f} after", flush=True)

    def judge(self, service, told, honest, before, most, after, log):
        wrong = [f"{h.name}: {len(h.failed)} of {h.done} failed, first {h.failed[0]}" for h in honest if h.failed]
        for label, t in told.items():
            if label.startswith("!"):  # attackers that send no requests worth an answer
                continue
            if t["other"]:
                wrong.append(f"{label}: {t['other']} answers were {t['other_status']}")
            if t["without_retry_after"]:
                wrong.append(f"{label}: {t['without_retry_after']} refusals without Retry-After")
            if t["fine"]["max_ms"] > DEADLINE_MS + 2000:
                wrong.append(f"{label}: one that was let in waited {t['fine']['max_ms']} ms")
            if t["busy"]["p99_ms"] > REFUSAL_P99_MS:
                wrong.append(f"{label}: refusals took {t['busy']['p99_ms']} ms")
            if t["busy"]["n"] > 100 and t["retry_values"] < 3:
                wrong.append(f"{label}: all were told to come back at the same time")
            if t["fine"]["n"] == 0:
                wrong.append(f"{label}: nobody was let in")
        if most > before + GROWTH_MB:
            wrong.append(f"memory grew from {before:.0f} to {most:.0f} MB")
        if after > before + LEFT_MB:
            wrong.append(f"memory stayed at {after:.0f} MB, {before:.0f} before")
        wrong += [line[:300] for line in log.splitlines() if "event=internal.error" in line][:3]
        if wrong:
            raise Broken("; ".join(wrong))


# The floods ---------------------------------------------------------------------------------------


def login_requests(flood, service, n):
    """The forms of n people, filled in: what each sends."""
    out = []
    for _ in range(n):
        browser = service.first.browser()
        page = browser.open(service.first.url(Attempt()))
        form = page.form("login")
        cookies = "; ".join(f"{c.name}={c.value}" for c in browser.session.cookies)
        out.append(flood.request(service, "POST", page.url[len(service.issuer):], dict(
            form.hidden(), username=service.an.number, password=service.an.password),
            ["Cookie: " + cookies, "Origin: " + service.issuer]))
        browser.session.close()
    return out


def logins(flood, service):
    """Ten times what the verifiers can do, and everybody who is refused tries again."""
    people = login_requests(flood, service, flood.many(800))
    return {"logins": lambda: flood.crowd(service, "ask", len(people), 60, people, "--many", "--once", "--pause", 700)}


def pages(flood, service):
    """Everybody opens the service at once, in several windows."""
    first = service.first
    path = first.url(Attempt())[len(service.issuer):]
    ask = [flood.request(service, "GET", path), flood.request(service, "GET", "/"),
           flood.request(service, "GET", "/style.css"), flood.request(service, "GET", "/account/login")]
    return {"pages": lambda: flood.crowd(service, "ask", flood.many(4000), flood.seconds(20), ask, "--many")}


def pushes(flood, service):
    """A portal that has gone mad, and a crowd behind it."""
    first = service.first
    push = flood.request(service, "POST", "/par", first.parameters(Attempt()), [flood.authorization(first)])
    page = flood.request(service, "GET", first.url(Attempt())[len(service.issuer):])
    return {"PAR": lambda: flood.crowd(service, "ask", flood.many(1000), flood.seconds(15), [push], "--many"),
            "authorize": lambda: flood.crowd(service, "ask", flood.many(1000), flood.seconds(15), [page], "--many")}


def refreshes(flood, service):
    """Portals ask with tokens that are none, and introspect them."""
    first = service.first
    jwks = flood.request(service, "GET", "/jwks")
    token = flood.request(service, "POST", "/introspect", {"token": "none"}, [flood.authorization(first)])
    return {"jwks, introspection": lambda: flood.crowd(
        service, "ask", flood.many(2000), flood.seconds(15), [jwks, token], "--many")}


def strangers(flood, service):
    """Thousands of everything that holds a connection and gives nothing for it."""
    n, s = flood.many(2500), flood.seconds(30)
    get = flood.request(service, "GET", "/jwks")
    hoard = flood.request(service, "POST", "/token", {"grant_type": "x" * 60000})
    begin = {"!silent": ("silent", []), "!half a handshake": ("hello", []), "!dripping head": ("drip", [get]),
             "!hoarded body": ("hoard", [hoard])}
    return {label: lambda how=how, ask=ask: flood.crowd(service, how, n, s, ask, "--many")
            for label, (how, ask) in begin.items()}


def deaf(flood, service):
    """Ask for pages and keys, and read nothing."""
    ask = [flood.request(service, "GET", "/jwks") * 20 + flood.request(service, "GET", "/") * 20]
    return {"!deaf": lambda: flood.crowd(service, "deaf", flood.many(3000), flood.seconds(40), ask, "--many")}


def garbage(flood, service):
    return {"!garbage": lambda: flood.crowd(service, "garbage", flood.many(2000), flood.seconds(15), [], "--many")}


def idle(flood, service):
    """Ten thousand browsers that asked once and keep their connection."""
    ask = [flood.request(service, "GET", "/jwks")]
    return {"browsers": lambda: flood.crowd(service, "ask", flood.many(10000), flood.seconds(45), ask, "--many",
                                            "--pause", 100000)}


def abuser(flood, service):
    """One address that does nothing else, among people from everywhere: these must get in."""
    people = login_requests(flood, service, flood.many(300))
    bad = login_requests(flood, service, 40)
    return {"one address": lambda: flood.crowd(service, "ask", 200, flood.seconds(20), bad),
            "people": lambda: flood.crowd(service, "ask", len(people), 60, people, "--many", "--once",
                                          "--pause", 700)}


SCENARIOS = {  # name: (TLS, what it does)
    "logins": (False, logins), "pages": (False, pages), "pushes": (False, pushes), "refreshes": (False, refreshes),
    "strangers": (False, strangers), "deaf": (False, deaf), "garbage": (False, garbage), "abuser": (False, abuser),
    "idle-tls": (True, idle), "strangers-tls": (True, strangers), "logins-tls": (True, logins),
}


def main():
    about = argparse.ArgumentParser(prog="./dev flood", description=__doc__.split("\n\n", maxsplit=1)[0])
    about.add_argument("--quick", action="store_true", help="a tenth of everything, 4 s each")
    about.add_argument("scenario", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    options = about.parse_args()
    unknown = set(options.scenario) - set(SCENARIOS)
    if unknown:
        about.error(f"no such flood: {unknown.pop()} (there are {', '.join(SCENARIOS)})")
    flood, failed = Flood(options.quick), []
    try:
        for name in options.scenario or SCENARIOS:
            tls, attack = SCENARIOS[name]
            print(f"{name}: {(attack.__doc__ or '').strip()}", flush=True)
            try:
                flood.run(name, flood.secure if tls else flood.plain, attack)
                print("  survived", flush=True)
            except Broken as why:
                failed.append(name)
                print(f"  BROKEN: {why}", flush=True)
    finally:
        flood.close()
    print(f"{len(failed)} of {len(options.scenario or SCENARIOS)} floods broke a demand" if failed else "survived all")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
