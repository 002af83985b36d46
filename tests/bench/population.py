"""Loads generated people into an empty authd and measures what a log-in costs the database at each size.

    ./dev population [--json] [--keep] [--until HH:MM] [N…]          default: 1000 1000000

The first N generated people are loaded into one database, and into a second one as many as the largest N, through
`authctl identity import`.  Whenever the second one comes to an N, the statements of a log-in are run for people drawn
at random, in both in turns.  Needs about 3 KB of disk for each person.
At --until, or when less than 14 GB of the disk are free, a load ends where it is: what is measured then, and said to
be, are the people who are there.  See README.md."""
import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import closing

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)

import login_cost  # noqa: E402
from harness.service import Service  # noqa: E402
from harness.world import BUILD, drop_postgres, new_postgres  # noqa: E402

GROUND = "population of the bench"
PIECE = 250000          # rows of one run of the import: after each the load can end
DISK_FREE = 14 * 2**30  # what is left to others
TABLES = ("identity", "identity_key", "identity_document", "identity_change", "lookup_digest", "audit")


def say(text):
    print(text, file=sys.stderr, flush=True)


def new_cluster():
    """A PostgreSQL that is set up as one that many people are loaded into: every commit reaches the disk."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    settings = {"fsync": "on", "full_page_writes": "on", "wal_compression": "lz4", "max_wal_size": "8GB",
                "checkpoint_timeout": "30min", "autovacuum": "off", "shared_buffers": f"{min(memory // 4, 8192)}MB",
                "maintenance_work_mem": f"{min(memory // 16, 1024)}MB"}
    postgres = new_postgres()
    with closing(postgres.connect()) as connection, connection.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    postgres.stop()
    postgres.start()
    return postgres


class Limit:
    """When a load has to end before everybody is there."""

    def __init__(self, until):
        now = time.localtime()
        self.at = None
        if until:
            self.at = time.mktime((*now[:3], *time.strptime(until, "%H:%M")[3:5], 0, 0, 0, -1))
            self.at += 86400 * (self.at < time.time())

    def reached(self, directory):
        return (self.at and time.time() >= self.at) or shutil.disk_usage(directory).free < DISK_FREE


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def cpu_of(pids):
    """{pid: seconds of processor time}"""
    spent = {}
    for pid in pids:
        try:
            spent[pid] = login_cost.cpu_us(pid) / 1e6
        except OSError:  # ended meanwhile
            pass
    return spent


def cpu_since(before, now):
    """Of those who live; what somebody spent who ended since is not known."""
    return sum(spent - before.get(pid, 0) for pid, spent in now.items())


class People:
    """Generated people, from one generator for all: of two nobody shares a number."""

    def __init__(self, number):
        self.process = subprocess.Popen([BUILD + "/authctl", "identity", "generate", str(number), "--seed",
                                         str(int(time.time())), "--output", "csv"], stdout=subprocess.PIPE)
        self.header = self.process.stdout.readline()

    def feed(self, number, to):
        """Writes them with the header; whoever reads has to read all."""
        to.write(self.header)
        to.writelines(itertools.islice(self.process.stdout, number))
        to.close()

    def close(self):
        self.process.kill()
        self.process.stdout.close()
        self.process.wait()


class Population:
    """An authd with people in a database of its own, growing up to `number`."""

    def __init__(self, postgres, number):
        self.postgres, self.there = postgres, 0
        self.service = Service(postgres, BUILD, {"processes": {"web": 1, "signer": 0, "verifier": 1},
                                                 "log": {"level": "warn"}})
        self.service.migrate()
        self.service.start()
        self.people = People(number)

    def close(self, keep):
        self.people.close()
        if keep:
            self.service.stop()
            say(f"kept: {self.service.directory}, {self.there} people in database {self.service.database}")
        else:
            self.service.close()

    def add(self, number):
        """From the generator straight into the import: nothing is written between them."""
        rejects = self.service.directory + "/rejected"
        done = subprocess.Popen([BUILD + "/authctl", "-c", self.service.conf_path, "--json", "identity", "import",
                                 "-", "--format", "csv", "--ground", GROUND, "--rejects", rejects],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.people.feed(number, done.stdin)
        told = done.stdout.read()
        done.stdout.close()
        _, status, usage = os.wait4(done.pid, 0)
        done.returncode = os.waitstatus_to_exitcode(status)
        if done.returncode != 0:
            raise RuntimeError(f"the import ended with {done.returncode}; what it set aside: {rejects}")
        return {**json.loads(told), "authctl_s": usage.ru_utime + usage.ru_stime}

    def cpu(self):
        """Of authd's processes and of PostgreSQL's."""
        return cpu_of(self.service.children()), cpu_of(children(self.postgres.pid))

    def piece(self, number):
        authd, database = self.cpu()
        begin = time.monotonic()
        told = self.add(number)
        seconds = time.monotonic() - begin
        now_authd, now_database = self.cpu()
        return {"rows": told["added"], "seconds": seconds,
                "cpu_s": {"authctl": told["authctl_s"], "authd": cpu_since(authd, now_authd),
                          "postgresql": cpu_since(database, now_database)}}

    def log_position(self):
        return int(self.service.query("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")[0][0])

    def fill(self, number, limit):
        before, pieces, log = self.there, [], self.log_position()
        while self.there < number and not limit.reached(self.postgres.directory):
            pieces.append(self.piece(min(number - self.there, PIECE)))
            self.there += pieces[-1]["rows"]
            say(f"{self.there:,} people: {pieces[-1]['rows'] / pieces[-1]['seconds']:.0f} rows/s, CPU us each "
                + ", ".join(f"{who} {1e6 * spent / pieces[-1]['rows']:.0f}"
                            for who, spent in pieces[-1]["cpu_s"].items()))
        rows = self.there - before
        if rows == 0:
            return None
        seconds = sum(p["seconds"] for p in pieces)
        return {"wanted": number, "people": self.there, "rows": rows, "seconds": seconds, "rows_per_s": rows / seconds,
                "cpu_us_per_row": {who: 1e6 * sum(p["cpu_s"][who] for p in pieces) / rows
                                   for who in pieces[0]["cpu_s"]},
                "log_bytes_per_row": (self.log_position() - log) / rows,
                "pieces": [{"rows_per_s": p["rows"] / p["seconds"],
                            "cpu_us_per_row": {who: 1e6 * spent / p["rows"] for who, spent in p["cpu_s"].items()}}
                           for p in pieces]}

    def sizes(self):
        tables, indexes = self.service.query(
            "SELECT sum(pg_table_size(c.oid))::bigint, sum(pg_indexes_size(c.oid))::bigint FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_inherits h ON h.inhrelid = c.oid"
            " WHERE n.nspname = 'authd' AND c.relkind = 'r'"
            " AND (c.relname = ANY (%s) OR h.inhparent = 'authd.audit'::regclass)", list(TABLES))[0]
        return {"table_bytes": tables, "index_bytes": indexes,
                "bytes_per_person": (tables + indexes) / self.there}

    def statement(self, text):
        with closing(self.postgres.connect(self.service.database)) as connection, connection.cursor() as cursor:
            cursor.execute("SET search_path = authd")
            cursor.execute("SET session_replication_role = replica")  # rows made of what is there refer to nobody else
            cursor.execute(text)

    def index_seconds(self):
        """How long it takes to make the indexes of these tables anew, as after a restore."""
        begin = time.monotonic()
        for name in TABLES:
            self.statement(f"REINDEX TABLE {name}")
        return time.monotonic() - begin

    def live(self):
        """Everybody chose a password and agreed once: rows of the usual length, with which nobody can log in."""
        self.statement("INSERT INTO credential (bucket, identity_id, kind, verifier) SELECT bucket, id, 'password',"
                       " '$argon2id$v=19$m=19456,t=2,p=1$' || encode(sha256(uuid_send(id)), 'base64')"
                       " FROM identity ON CONFLICT DO NOTHING")
        self.statement("INSERT INTO consent (bucket, subject_id, actor_id, client_id, scope)"
                       " SELECT bucket, id, id, 'bench', 'openid profile' FROM identity ON CONFLICT DO NOTHING")
        self.statement("VACUUM (ANALYZE)")
        self.statement("CHECKPOINT")

    def grow(self, number, limit, last):
        row = self.fill(number, limit)
        if row:
            row.update(self.sizes())
            if last or limit.reached(self.postgres.directory):
                row["index_seconds"] = self.index_seconds()
            self.live()
        return row


def hash_us():
    """CPU of one Argon2id hash as verifiers make it: neighbours do not count."""
    process = subprocess.Popen([BUILD + "/bench_raw", "argon2id", "3", "19456", "2", "1", "1"], stdout=subprocess.PIPE)
    told = json.loads(process.stdout.read())
    process.stdout.close()
    _, process.returncode, usage = os.wait4(process.pid, 0)
    return 1e6 * (usage.ru_utime + usage.ru_stime) / told["hashes"]


def measure(postgres, numbers, keep, limit):
    made, rows = [], []
    try:
        made.append(Population(postgres, numbers[0]))
        rows.append({**made[0].grow(numbers[0], Limit(None), True), "hash_us": hash_us()})
        if len(numbers) > 1:
            made.append(Population(postgres, numbers[-1]))
        for number in numbers[1:]:
            row = made[1].grow(number, limit, number == numbers[-1])
            if row:
                small, large = login_cost.measure(postgres, [p.service.database for p in made], BUILD)
                rows.append({**row, "hash_us": hash_us(), "login": large, "login_of_the_first": small})
                say(json.dumps(rows[-1]))
        if len(numbers) == 1:
            rows[0]["login"] = login_cost.measure(postgres, [made[0].service.database], BUILD)[0]
        else:
            rows[0]["login"] = rows[-1]["login_of_the_first"]
        return rows
    finally:
        for one in made:
            one.close(keep)


def table(rows):
    head = ("people", "rows/s", "CPU us each", "bytes each", "indexes s", "log-in us", "buffers", "statements of a log-in: us (buffers)")
    lines = [head]
    for r in rows:
        parts = "  ".join(f"{name} {one['us']:.0f} ({one['buffers']:.0f})"
                          for name, one in r["login"]["statements"].items())
        short = "" if r["people"] == r["wanted"] else f" of {r['wanted']:,}"
        lines.append((f"{r['people']:,}{short}", f"{r['rows_per_s']:.0f}",
                      f"{sum(r['cpu_us_per_row'].values()):.0f}", f"{r['bytes_per_person']:.0f}",
                      f"{r['index_seconds']:.1f}" if "index_seconds" in r else "-", f"{r['login']['us']:.0f}", f"{r['login']['buffers']:.0f}", parts))
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        print("  ".join(c.ljust(w) if i == len(head) - 1 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))).rstrip())
    for r in rows[1:]:
        small, large = r["login_of_the_first"], r["login"]
        whole = (r["hash_us"] + large["us"]) / (r["hash_us"] + small["us"])
        print(f"log-in at {r['people']:,} / at {rows[0]['people']:,}: CPU with the password's hash {whole:.3f}, "
              f"of the statements alone {large['us'] / small['us']:.3f}, "
              f"buffers {large['buffers'] / small['buffers']:.3f}")


def main(arguments):
    parser = argparse.ArgumentParser(prog="./dev population", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--until", type=lambda text: time.strftime("%H:%M", time.strptime(text, "%H:%M")))
    parser.add_argument("numbers", type=int, nargs="*", default=[1000, 1000000])
    given = parser.parse_args(arguments)
    if min(given.numbers) < 1:
        parser.error("N: from 1")
    numbers = sorted(given.numbers)
    limit = Limit(given.until)
    postgres = new_cluster()
    try:
        rows = measure(postgres, numbers, given.keep, limit)
    finally:
        if given.keep:
            postgres.stop()
            say(f"kept: {postgres.directory}")
        else:
            drop_postgres(postgres)
    if given.json:
        print(json.dumps({"cores": len(os.sched_getaffinity(0)), "rows": rows}, indent=2))
    else:
        table(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
