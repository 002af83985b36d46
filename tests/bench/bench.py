"""Ratios of what authd does to what the machine can do, measured in one run (absolute times on shared
machines mean nothing).  CPU time is read from /proc for all processes of authd, and of its PostgreSQL where
the row says so.  Options: --json, --quick."""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import footprint  # noqa: E402
from harness.browser import Left  # noqa: E402
from harness.oidc import Attempt  # noqa: E402
from harness.service import Service  # noqa: E402
from harness.world import BUILD, drop_postgres, new_client, new_postgres, populate  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
CORES = len(os.sched_getaffinity(0))
FULL_S = 8  # of each load; --quick: less
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
        self.directory = tempfile.mkdtemp(prefix="authd-bench-")
        self.service = Service(self.postgres, BUILD, {
            "passwords": ARGON2, "processes": {"web": 0, "signer": 0, "verifier": 0},
            "log": {"level": "warn"}, "server": {"connections_max": 1000}})
        self.service.migrate()
        self.service.start()
        populate(self.service)

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

    def load(self, requests, *options, connections=16, seconds=None):
        """Runs the load; adds the CPU seconds of authd and PostgreSQL per request."""
        path = self.directory + "/requests"
        with open(path, "wb") as out:
            for one in requests:
                out.write(one.encode() + b"\0")
        authd, database = cpu_seconds(self.service.process.pid), cpu_seconds(self.postgres.pid)
        done = subprocess.run([BUILD + "/bench_load", str(self.service.port), str(connections),
                               str(seconds or self.seconds), path, *options], check=True,
                              capture_output=True)
        told = json.loads(done.stdout)
        if not told["requests"] or told["failed"]:
            raise RuntimeError(f"load failed: {told}\n{self.service.log()[-2000:]}")
        told["authd_us"] = (cpu_seconds(self.service.process.pid) - authd) * 1e6 / told["requests"]
        told["postgres_us"] = (cpu_seconds(self.postgres.pid) - database) * 1e6 / told["requests"]
        return told

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
        return self.load([request])

    def refresh(self, connections=16):
        client = self.service.first
        browser = client.browser()
        requests = []
        for _ in range(connections):
            token = client.log_in(self.service.an, browser, scope="openid offline_access")["refresh_token"]
            requests.append(self.request(client, self.path(client, "token_endpoint"),
                                         {"grant_type": "refresh_token", "refresh_token": token}))
        return self.load(requests, "--chain", "refresh_token", connections=connections)

    def introspection(self):
        client = self.service.first
        token = client.log_in(self.service.an)["access_token"]
        request = self.request(client, self.path(client, "introspection_endpoint"), {"token": token})
        self.load([request], seconds=1)
        return self.load([request])

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

    def logins(self, count):
        with ThreadPoolExecutor(4) as pool:
            requests = list(pool.map(self.prepared_login, range(count)))
        told = self.load(requests, "--once", connections=2 * CORES)
        told["per_s"] = told["requests"] / told["seconds"]
        return told


def libeid(seconds):
    """Both halves in turns, in one process: best of three, because only being disturbed is possible."""
    runs = [json.loads(subprocess.run([BUILD + "/bench_verify", str(seconds)], check=True,
                                      capture_output=True).stdout) for _ in range(3)]
    return min(runs, key=lambda run: run["ours_us"] / run["raw_us"])


def aim(what, ours, unit, limit):
    """What has no limit of the machine, beside what we promise."""
    return {"what": what, "ours": ours, "unit": unit, "limit": limit, "against": "our own limit",
            "ratio": ours / limit, "per_s": 0.0, "p99_ms": 0.0}


def measure(seconds):
    token_check = libeid(max(seconds / 8, 0.5))
    es256 = raw("es256", max(seconds / 4, 0.5))
    bench = Bench(seconds)
    try:
        token = bench.client_credentials()
        refresh = bench.refresh()
        introspection = bench.introspection()
        logins = bench.logins(int(40 * seconds))
        connections = TLS_CONNECTIONS if seconds >= FULL_S else TLS_CONNECTIONS // 10
        idle, held = footprint.memory(bench.postgres, BUILD, connections, ARGON2)
        start = min(footprint.start_ms(bench.service) for _ in range(3))
    finally:
        bench.close()
    hashes = raw("argon2id", seconds / 2, ARGON2["argon2_memory_kib"], ARGON2["argon2_time"],
                 ARGON2["argon2_lanes"], CORES)["hashes_per_s"]
    again = raw("es256", max(seconds / 4, 0.5))
    sign = min(es256["sign_us"], again["sign_us"])
    verify = min(es256["verify_us"], again["verify_us"])
    whole = refresh["authd_us"] + refresh["postgres_us"]
    return [
        {"what": "client_credentials token", "ours": token["authd_us"], "unit": "us CPU of authd",
         "limit": sign, "against": "raw ES256 signature", "ratio": token["authd_us"] / sign,
         "per_s": token["requests"] / token["seconds"], "p99_ms": token["p99_us"] / 1000},
        {"what": "refresh", "ours": whole, "unit": "us CPU with PostgreSQL", "limit": sign,
         "against": "raw ES256 signature", "ratio": whole / sign,
         "per_s": refresh["requests"] / refresh["seconds"], "p99_ms": refresh["p99_us"] / 1000},
        {"what": "introspection", "ours": introspection["authd_us"], "unit": "us CPU of authd",
         "limit": verify, "against": "raw ES256 verification",
         "ratio": introspection["authd_us"] / verify,
         "per_s": introspection["requests"] / introspection["seconds"],
         "p99_ms": introspection["p99_us"] / 1000},
        {"what": "password login", "ours": logins["per_s"], "unit": "logins per second", "limit": hashes,
         "against": "raw Argon2id hashes per second", "ratio": logins["per_s"] / hashes,
         "per_s": logins["per_s"], "p99_ms": logins["p99_us"] / 1000},
        {"what": "eid_token_verify", "ours": token_check["ours_us"], "unit": "us CPU of libeid",
         "limit": token_check["raw_us"], "against": "raw ES256 verification, same bytes",
         "ratio": token_check["ours_us"] / token_check["raw_us"], "per_s": 1e6 / token_check["ours_us"],
         "p99_ms": 0.0},
        aim("memory, idle", idle, "MB without arenas", IDLE_MB),
        aim(f"memory, {connections} idle TLS connections", held, "MB without arenas",
            IDLE_MB + (TLS_MB - IDLE_MB) * connections / TLS_CONNECTIONS),
        aim("start to ready", start, "ms", START_MS),
    ]


def table(rows):
    lines = [("", "ours", "", "limit", "", "ratio", "per s", "p99 ms")]
    for r in rows:
        lines.append((r["what"], f"{r['ours']:.1f}", r["unit"], f"{r['limit']:.1f}", r["against"],
                      f"{r['ratio']:.2f}", f"{r['per_s']:.0f}", f"{r['p99_ms']:.1f}"))
    widths = [max(len(line[i]) for line in lines) for i in range(8)]
    for line in lines:
        cells = [c.ljust(w) if i in (0, 2, 4) else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))]
        print("  ".join(cells).rstrip())


def main(arguments):
    unknown = set(arguments) - {"--json", "--quick"}
    if unknown:
        print(f"bench: unknown option {unknown.pop()}", file=sys.stderr)
        return 2
    rows = measure(2 if "--quick" in arguments else FULL_S)
    if "--json" in arguments:
        print(json.dumps({"cores": CORES, "argon2id": ARGON2, "rows": rows}, indent=2))
    else:
        table(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
