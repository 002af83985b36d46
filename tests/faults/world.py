"""What a campaign breaks: one PostgreSQL with a clock of its own, two nodes of authd on one database, each with a
clock of its own and reaching PostgreSQL through a relay of its own; and the people and portals that use them."""
import mmap
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import closing

from faults import load
from faults.flows import Portal
from faults.history import now
from harness.postgres import ROOT, Postgres
from harness.service import Person, Service
from harness.world import SCOPES

DISK_MIB = 320
LIFETIMES = {"code_s": 60, "access_token_s": 300, "refresh_grace_s": 60}
OPTIONS = {
    "server": {"request_timeout_ms": 6000},
    "keys": {"jwks_max_age_s": 4, "publish_min_s": 1},
    "lifetimes": LIFETIMES,
    "log": {"level": "info"},
}


class Clock:
    """Nanoseconds that the preloaded clock_shift.so adds to the wall clock of whoever was started with it."""

    def __init__(self, path):
        self.path = path
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o644), "wb") as file:
            file.write(struct.pack("=q", 0))
        os.chmod(path, 0o644)
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 8)

    def step(self, seconds):
        self.map[:8] = struct.pack("=q", seconds * 10 ** 9)

    def environment(self, build):
        return dict(os.environ, LD_PRELOAD=build + "/clock_shift.so", CLOCK_SHIFT=self.path)


class Relay:
    def __init__(self, target):
        self.directory = tempfile.mkdtemp(prefix="authd-net-")
        os.chmod(self.directory, 0o711)
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(os.path.dirname(__file__), "relay.py"),
             self.directory + "/.s.PGSQL.5432", target + "/.s.PGSQL.5432"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        answer = self.process.stdout.readline().strip()
        if answer != "done":
            raise RuntimeError(f"relay: {command}: {answer}")

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)


class Database(Postgres):
    """With a clock that can be stepped, on a disk that can be filled where we may mount one."""

    def __init__(self, directory, build, small_disk):
        super().__init__(directory)
        self.mounted = small_disk
        if small_disk:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=0711", "authd-faults", directory],
                           check=True)
        self.clock = Clock(directory + "/clock")
        self.environment = self.clock.environment(build)

    def start(self):
        first = not os.path.exists(self.directory + "/postgres/complete")
        subprocess.run([ROOT + "/dev.d/cluster", "start", self.directory], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, check=True, env=self.environment)
        if first and self.mounted:
            with open(self.directory + "/postgres/postgresql.conf", "a", encoding="ascii") as conf:
                conf.write("max_wal_size = 64MB\nmin_wal_size = 32MB\nwal_recycle = off\n")
            self.query("SELECT pg_reload_conf()")

    def query(self, sql, *values, database="postgres"):
        with closing(self.connect(database, connect_timeout=5)) as connection, connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else None

    def processes(self):
        """The server and everything it has forked."""
        pid = self.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [pid] + [int(word) for word in file.read().split()]

    def is_running(self):
        try:
            return self.pid > 0
        except (RuntimeError, ValueError):
            return False

    def wait(self, seconds=60):
        end = now() + seconds
        while True:
            try:
                return self.query("SELECT 1")
            except Exception:
                if now() > end:
                    raise
                time.sleep(0.1)

    def close(self):
        self.drop()
        self.clock.map.close()
        if self.mounted:
            subprocess.run(["umount", self.directory], check=True)
        shutil.rmtree(self.directory, ignore_errors=True)


class World:
    def __init__(self, build, history, seed, nodes=2, small_disk=False, pause_s=0.2):
        self.build, self.history, self.seed, self.pause_s = build, history, seed, pause_s
        self.random = random.Random(f"{seed}/world")
        self.jwks_path = "/jwks"
        self.nodes, self.relays, self.clocks, self.actors = [], [], [], []
        self.database = None
        try:
            self._make(nodes, small_disk)
        except BaseException:
            self.close()
            raise

    def _make(self, nodes, small_disk):
        directory = tempfile.mkdtemp(prefix="authd-pg-")
        os.chmod(directory, 0o711)
        self.database = Database(directory, self.build, small_disk)
        self.database.start()
        for number in range(nodes):
            relay = Relay(self.database.socket)
            self.relays.append(relay)
            node = Service(self.database, self.build, dict(OPTIONS, database={"host": relay.directory}),
                           beside=self.nodes[0] if number else None)
            node.host = node.issuer.split("//")[1]
            clock = Clock(node.directory + "/clock")
            node.environment = clock.environment(self.build)
            self.clocks.append(clock)
            self.nodes.append(node)
            if number == 0:
                node.migrate()
            else:  # a node that joins brings the ledger of erasures (docs/operations.md)
                self.nodes[0].wait_ready()
                shutil.copy(self.nodes[0].directory + "/erasures", node.directory)
            node.start(wait=False)
        for node in self.nodes:
            node.wait_ready()

    # -- people and portals ----------------------------------------------------------------------

    def person(self, number):
        made = Person(f"0010900{number:05d}", f"Nguyễn Văn {chr(65 + number % 26)}", "1990-01-02", f"p{number}@example.vn")
        self.nodes[0].new_person(made)
        return made

    def portal(self, name, host="localhost"):
        metadata = {"client_id": name, "client_name": "Portal " + name,
                    "redirect_uris": [f"http://{host}:9/{name}"],
                    "post_logout_redirect_uris": [f"http://{host}:9/{name}/bye"],
                    "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
                    "token_endpoint_auth_method": "client_secret_basic", "scope": SCOPES}
        return Portal(dict(metadata, **self.nodes[0].new_client(metadata)))

    def populate(self, chains=4, surfers=2, wardens=1, keepers=1):
        first, second = self.portal("first"), self.portal("second", "127.0.0.1")
        both = [first, second]
        kinds = [(load.ChainPortal, chains, lambda i: (both[i % 2], )), (load.Surfer, surfers, lambda i: (both, )),
                 (load.Warden, wardens, lambda i: (both[i % 2], ))]
        number = 10
        for kind, count, given in kinds:
            for i in range(count):
                number += 1
                self.actors.append(kind(f"{kind.__name__.lower()}{i}", self, self.seed, *given(i), self.person(number)))
        for i in range(keepers):
            self.actors.append(load.KeyKeeper(f"keykeeper{i}", self, self.seed))
        return self

    def operate(self, actor, what, person=None):
        load.operate(self, actor, what, person)

    def active_kid(self, _actor):
        try:
            return self.nodes[0].query("SELECT kid FROM keystore_key WHERE use = 'sign' AND alg = 'ES256' "
                                       "AND state = 'active'")[0][0]
        except Exception:  # the database may be what is broken now
            return None

    # -- the end ---------------------------------------------------------------------------------

    def settle(self, seconds=120):
        """Waits until every actor has done its last; those that can't are told of."""
        for actor in self.actors:
            actor.ended.set()
        for actor in self.actors:
            actor.join(seconds)
        return [f"{a.name}: {a.broken or 'did not end'}" for a in self.actors if a.broken or a.is_alive()]

    def tell_audit(self):
        """The whole audit becomes one event of the history; people by their numbers."""
        call = now()
        people = {}
        for actor in self.actors:
            person = getattr(actor, "person", None)
            if person:
                people[str(person.answer["id"]).replace("-", "")] = person.number
        rows = self.nodes[0].query("SELECT event, outcome, subject_id, client_id, grant_id, request_id, operator, id "
                                   "FROM audit")
        told = [{"event": r[0], "outcome": r[1], "person": people.get(str(r[2]).replace("-", "")), "client": r[3],
                 "grant": r[4] and str(r[4]).replace("-", ""), "request": str(r[5]), "operator": r[6]} for r in rows]
        self.history.add("auditor", "audit", call, now(), rows=told)

    def close(self):
        for node in self.nodes:
            try:
                node.close()
            except RuntimeError as stuck:
                print("  node did not stop:", str(stuck)[:300], file=sys.stderr)
        for relay in self.relays:
            relay.close()
        if self.database:
            self.database.close()
