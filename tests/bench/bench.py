"""Ratios of what authd does to what the machine can do, measured in one run (absolute times on shared
machines mean nothing).  CPU time is read from /proc for all processes of authd, and of its PostgreSQL where
the row says so.

    ./dev bench [--quick] [--json] [--out DIR]      --out: DIR/performance.json and DIR/performance.svg"""
import argparse
import base64
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from urllib.parse import urlencode

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)

import footprint  # noqa: E402
import limits  # noqa: E402
import report  # noqa: E402
from harness.browser import Left  # noqa: E402
from harness.oidc import Attempt  # noqa: E402
from harness.service import Service  # noqa: E402
from harness.world import BUILD, drop_postgres, new_client, new_postgres, populate  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
BUSY = 64  # requests at once, as on a busy day: what each costs beside others, not alone
CORES = len(os.sched_getaffinity(0))
TURNS = 3
FULL_S = 8  # of the longest loads; --quick: less
IDLE_MB, TLS_MB, TLS_CONNECTIONS, START_MS = 60, 200, 10000, 1000  # what is promised
ARGON2 = {"argon2_memory_kib": 19456, "argon2_time": 2, "argon2_lanes": 1}


def cpu_seconds(pid):
    """Of a process, of its children, and of those that have ended."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            children = file.read().split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICK + sum(cpu_seconds(child) for child in children)


def raw(*arguments):
    done = subprocess.run([BUILD + "/bench_raw", *map(str, arguments)], check=True, capture_output=True)
    return json.loads(done.stdout)


class Bench:
    def __init__(self, seconds):
        self.seconds = seconds
        self.postgres = new_postgres()
        self.durable()
        self.directory = tempfile.mkdtemp(prefix="authd-bench-")
        self.service = Service(self.postgres, BUILD, {
            "passwords": ARGON2, "processes": {"web": 0, "signer": 0, "verifier": 0},
            "log": {"level": "warn"}, "server": {"connections_max": 1000}})
        self.service.migrate()
        self.service.start()
        populate(self.service)
        self.rest()

    def durable(self):
        """As in production (docs/operations.md): commits reach the disk, which is the window in which requests become
        one batch, and PostgreSQL's own memory is a quarter of the machine's (of which a load fills little)."""
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
        with closing(self.postgres.connect()) as connection, connection.cursor() as cursor:
            for name, value in {"fsync": "on", "full_page_writes": "on", "autovacuum_naptime": "1min",
                                "shared_buffers": f"{min(memory // 4, 1024)}MB"}.items():
                cursor.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self.postgres.stop()
        self.postgres.start()

    def rest(self):
        """Until what a new service does once (keys, certificates) is done: it is not what is measured."""
        for _ in range(60):
            before = cpu_seconds(self.service.process.pid)
            time.sleep(0.5)
            if cpu_seconds(self.service.process.pid) - before < 0.05:
                return

    def close(self):
        self.service.close()
        drop_postgres(self.postgres)
        shutil.rmtree(self.directory)

    def request(self, client, path, fields):
        body = urlencode(fields)
        login = base64.b64encode(f"{client.id}:{client.secret}".encode()).decode()
        return (f"POST {path} HTTP/1.1\r\nHost: localhost:{self.service.port}\r\n"
                f"Authorization: Basic {login}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}")

    def start(self, name, requests, *options, connections, seconds):
        path = self.directory + "/" + name
        with open(path, "wb") as out:
            for one in requests:
                out.write(one.encode() + b"\0")
        return subprocess.Popen([BUILD + "/bench_load", str(self.service.port), str(connections), str(seconds),
                                 path, *options], stdout=subprocess.PIPE)

    def told(self, load):
        text, _ = load.communicate()
        told = json.loads(text)
        if not told["requests"] or told["failed"]:
            raise RuntimeError(f"load failed: {told}\n{self.service.log()[-2000:]}")
        told["per_s"] = told["requests"] / told["seconds"]
        return told

    def load(self, requests, *options, connections=BUSY, seconds=None):
        """Runs the load; adds the CPU microseconds of authd and PostgreSQL per request."""
        authd, database = cpu_seconds(self.service.process.pid), cpu_seconds(self.postgres.pid)
        told = self.told(self.start("requests", requests, *options, connections=connections,
                                    seconds=seconds or self.seconds / 2))
        told["authd_us"] = (cpu_seconds(self.service.process.pid) - authd) * 1e6 / told["requests"]
        told["postgres_us"] = (cpu_seconds(self.postgres.pid) - database) * 1e6 / told["requests"]
        return told

    def signatures(self):
        return raw("es256", max(self.seconds / 16, 0.25), CORES)

    def turns(self, load):
        """Several loads, each between two looks at raw signatures: what disturbs the machine disturbs both.  The one
        in the middle counts."""
        before, loads = self.signatures(), []
        for _ in range(TURNS):
            told, after = load(), self.signatures()
            told.update({name: (before[name] + after[name]) / 2 for name in after})
            before = after
            loads.append(told)
        return sorted(loads, key=lambda one: both(one) / one["sign_us"])[TURNS // 2]

    def path(self, client, endpoint):
        return client.discovery[endpoint][len(self.service.issuer):]

    def client_credentials(self):
        self.service.ctl_text("resource", "add", "--audience", "https://bench.example/", "--name", "Bench",
                              "--scopes", "bench:read")
        client = new_client(self.service, "bench", grant_types=["client_credentials"], redirect_uris=None,
                            response_types=None, post_logout_redirect_uris=None, scope="bench:read")
        request = self.request(client, self.path(client, "token_endpoint"),
                               {"grant_type": "client_credentials", "scope": "bench:read"})
        self.load([request], seconds=1)
        self.token_request = request
        return self.turns(lambda: self.load([request]))

    def refresh(self, connections=BUSY):
        client = self.service.first
        browser = client.browser()
        requests = []
        for _ in range(connections):
            token = client.log_in(self.service.an, browser, scope="openid offline_access")["refresh_token"]
            requests.append(self.request(client, self.path(client, "token_endpoint"),
                                         {"grant_type": "refresh_token", "refresh_token": token}))
        return self.load(requests, "--chain", "refresh_token", connections=connections)

    def sso(self, connections=BUSY):
        """GET /authorize with a live session and remembered consent, then the code for tokens."""
        client, requests = self.service.first, []
        for i in range(connections):
            person = (self.service.an, self.service.binh)[i % 2]
            attempt, left = client.authorize(client.browser(), person, scope="openid")
            browser = client.log_in(person, scope="openid")["browser"]
            cookies = "; ".join(f"{c.name}={c.value}" for c in browser.session.cookies)
            path = client.url(attempt, scope="openid")[len(self.service.issuer):]
            requests.append(f"GET {path} HTTP/1.1\r\nHost: localhost:{self.service.port}\r\nCookie: {cookies}\r\n\r\n")
            requests.append(self.request(client, self.path(client, "token_endpoint"), {
                "grant_type": "authorization_code", "code": left.parameters["code"],
                "redirect_uri": client.redirect_uri, "code_verifier": attempt.verifier}))
        told = self.load(requests, "--pair", "code", connections=connections)
        for name in ("authd_us", "postgres_us"):
            told[name] *= 2  # a round is two requests
        told["per_s"] /= 2
        return told

    def introspection(self):
        client = self.service.first
        token = client.log_in(self.service.an)["access_token"]
        request = self.request(client, self.path(client, "introspection_endpoint"), {"token": token})
        self.load([request], seconds=1)
        return self.turns(lambda: self.load([request]))

    def prepared_login(self, _):
        """A filled-in login form, ready to be sent once."""
        client, person = self.service.first, self.service.an
        browser = client.browser()
        try:
            page = browser.open(client.url(Attempt()))
        except Left as left:
            raise RuntimeError(left.url) from left
        form = page.form("login")
        fields = form.hidden()
        for one in form.inputs:
            if one.get("type") == "password":
                fields[one["name"]] = person.password
            elif one.get("type") in (None, "text", "tel"):
                fields[one["name"]] = person.number
        body = urlencode(fields)
        cookies = "; ".join(f"{c.name}={c.value}" for c in browser.session.cookies)
        path = (form.action or page.url).replace(self.service.issuer, "")
        return (f"POST {path} HTTP/1.1\r\nHost: localhost:{self.service.port}\r\n"
                f"Origin: {self.service.issuer}\r\nCookie: {cookies}\r\n"
                f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
                f"{body}")

    def prepared_logins(self, count):
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(self.prepared_login, range(count)))

    def logins(self, count):
        return self.load(self.prepared_logins(count), "--once", connections=2 * CORES)

    @contextmanager
    def storm(self, count):
        """Logins that keep all verifiers busy meanwhile."""
        storm = self.start("logins", self.prepared_logins(count), "--once", connections=4 * CORES, seconds=600)
        try:
            time.sleep(0.5)
            yield storm
        finally:
            storm.terminate()
            storm.communicate()

    def tokens_in_a_storm(self, logins_per_s):
        """client_credentials tokens per second without logins and while they saturate the verifiers, in turns."""
        seconds, quiet, busy = self.seconds / TURNS, [], []
        for _ in range(TURNS):
            quiet.append(self.load([self.token_request], seconds=seconds))
            with self.storm(int(2 * logins_per_s * (seconds + 2))) as storm:
                busy.append(self.load([self.token_request], seconds=seconds))
                if storm.poll() is not None:
                    raise RuntimeError("the storm was over too soon")
        return mean(quiet), mean(busy)

    def logins_and_hashes(self, count):
        """Logins, and raw hashes, in turns; CPU microseconds of a hash beside the CPU of a login.  The turn in the
        middle counts."""
        turns = []
        for _ in range(TURNS):
            told = self.logins(count // TURNS)
            before = children_cpu_seconds()
            hashes = raw("argon2id", self.seconds / TURNS, ARGON2["argon2_memory_kib"], ARGON2["argon2_time"],
                         ARGON2["argon2_lanes"], CORES)
            hash_us = (children_cpu_seconds() - before) * 1e6 / hashes["hashes"]
            turns.append((told, hashes["hashes_per_s"], hash_us))
        return sorted(turns, key=lambda turn: turn[2] / both(turn[0]))[TURNS // 2]


def mean(loads):
    return {name: sum(one[name] for one in loads) / len(loads) for name in loads[0]}


def children_cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def libeid(seconds):
    """Both halves in turns, in one process: best of three, because only being disturbed is possible."""
    runs = [json.loads(subprocess.run([BUILD + "/bench_verify", str(seconds)], check=True,
                                      capture_output=True).stdout) for _ in range(3)]
    return min(runs, key=lambda run: run["ours_us"] / run["raw_us"])


def row(what, ours, unit, limit, against, aim, at_most=True, load=None, ratio=None):
    load = load or {}
    return {"what": what, "ours": ours, "unit": unit, "limit": limit, "against": against, "aim": aim,
            "at_most": at_most, "ratio": ratio or ours / limit, "per_s": load.get("per_s", ours),
            "p99_ms": load.get("p99_us", 0) / 1000, "load": load}


def promise(what, ours, unit, limit):
    """What has no limit of the machine, beside what we promise."""
    return {**row(what, ours, unit, limit, "promised", 1), "per_s": 0}


def both(load):
    return load["authd_us"] + load["postgres_us"]


def measure(seconds):
    token_check = libeid(max(seconds / 8, 0.5))
    es256 = raw("es256", max(seconds / 4, 0.5), CORES)
    bench = Bench(seconds)
    try:
        token = bench.client_credentials()
        refresh = bench.turns(bench.refresh)
        sso = bench.turns(bench.sso)
        introspection = bench.introspection()
        logins, hashes, hash_us = bench.logins_and_hashes(int(40 * seconds))
        quiet, busy = bench.tokens_in_a_storm(logins["per_s"])
        connections = TLS_CONNECTIONS if seconds >= FULL_S else TLS_CONNECTIONS // 10
        idle, held = footprint.memory(bench.postgres, BUILD, connections, ARGON2)
        start = min(footprint.start_ms(bench.service) for _ in range(3))
        again = raw("es256", max(seconds / 4, 0.5), CORES)
        alone = raw("es256", max(seconds / 8, 0.5), 1)
        es256 = {name: min(es256[name], again[name]) for name in es256}
        bounds = limits.measure(bench.postgres, es256, alone, hashes, seconds / 4)
    finally:
        bench.close()
    signature = "us: raw ES256 signature"
    beside = [("refreshes", refresh)] * 3 + [("introspections", introspection)] + [
        ("client_credentials tokens", token)] * 2 + [("introspections", introspection), ("password logins", logins)]
    for bound, (name, load) in zip(bounds, beside, strict=True):
        bound.update(ours=name, ours_per_s=load["per_s"])
    rows = [
        row("client_credentials token", token["authd_us"], "us CPU of authd", token["sign_us"], signature, 2.2,
            load=token),
        row("refresh", both(refresh), "us CPU with PostgreSQL", refresh["sign_us"], signature, 6, load=refresh),
        row("SSO round", both(sso), "us CPU with PostgreSQL", sso["sign_us"], signature, 10, load=sso),
        row("introspection", introspection["authd_us"], "us CPU of authd", introspection["verify_us"],
            "us: raw ES256 verification", 1.3, load=introspection),
        row("password login", both(logins), "us CPU with PostgreSQL", hash_us, "us: raw Argon2id", 0.9,
            at_most=False, load=logins, ratio=hash_us / both(logins)),
        row("tokens in a login storm", busy["per_s"], "tokens per second", quiet["per_s"],
            "per second: without logins", 0.7, at_most=False, load=busy),
        row("eid_token_verify", token_check["ours_us"], "us CPU of libeid", token_check["raw_us"],
            "us: raw verification, same bytes", 1.1, load={"per_s": 1e6 / token_check["ours_us"]}),
        promise("memory, idle", idle, "MB without arenas", IDLE_MB),
        promise(f"memory, {connections} TLS connections", held, "MB without arenas",
                IDLE_MB + (TLS_MB - IDLE_MB) * connections / TLS_CONNECTIONS),
        promise("start to ready", start, "ms", START_MS)]
    return {"cores": CORES, "machine": f"{platform.machine()}, Linux {platform.release()}",
            "load_average": os.getloadavg()[1], "argon2id": ARGON2, "rows": rows, "limits": bounds}


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes, and less exact")
    parser.add_argument("--json", action="store_true", help="everything that was measured, instead of the table")
    parser.add_argument("--out", metavar="DIR", help="writes performance.json and performance.svg there")
    given = parser.parse_args()
    told = measure(2 if given.quick else FULL_S)
    print(json.dumps(told, indent=2) if given.json else report.table(told))
    if given.out:
        os.makedirs(given.out, exist_ok=True)
        with open(given.out + "/performance.json", "w", encoding="utf-8") as file:
            file.write(json.dumps(told, indent=2) + "\n")
        with open(given.out + "/performance.svg", "w", encoding="utf-8") as file:
            file.write(report.chart(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
