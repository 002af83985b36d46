"""Loads generated people into an empty authd and measures what a log-in costs the database at each size.

    ./dev population [--json] [--keep] [N…]          default: 1000 1000000

For each N a database of its own gets N generated people through `authctl identity import`; then the statements of
a log-in are run for people drawn at random, in all databases in turns.  Needs about 2.8 KB of disk for each person;
15 million take one to two hours of a quiet machine.  See README.md."""
import json
import os
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
TABLES = ("identity", "identity_key", "identity_document", "identity_change", "lookup_digest", "audit")


def say(text):
    print(text, file=sys.stderr, flush=True)


def new_cluster():
    """A PostgreSQL that is set up as one that holds many people would be."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    postgres = new_postgres()
    with closing(postgres.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"ALTER SYSTEM SET shared_buffers = '{min(memory // 4, 8192)}MB'")
        cursor.execute("ALTER SYSTEM SET max_wal_size = '8GB'")
        cursor.execute(f"ALTER SYSTEM SET maintenance_work_mem = '{min(memory // 16, 1024)}MB'")
    postgres.stop()
    postgres.start()
    return postgres


class Population:
    """An authd with so many people in a database of its own."""

    def __init__(self, postgres, number):
        self.postgres, self.number = postgres, number
        self.service = Service(postgres, BUILD, {"processes": {"web": 1, "signer": 0, "verifier": 1},
                                                 "log": {"level": "warn"}})
        self.service.migrate()
        self.service.start()

    def count(self):
        return self.service.query("SELECT count(*) FROM identity")[0][0]

    def add(self, number, seed):
        """From the generator straight into the import: nothing is written between them."""
        made = subprocess.Popen([BUILD + "/authctl", "identity", "generate", str(number), "--seed", str(seed),
                                 "--output", "csv"], stdout=subprocess.PIPE)
        done = subprocess.run([BUILD + "/authctl", "-c", self.service.conf_path, "--json", "identity", "import",
                               "-", "--ground", GROUND, "--rejects", self.service.directory + "/rejected"],
                              stdin=made.stdout, stdout=subprocess.PIPE, check=False)
        made.stdout.close()
        if made.wait() != 0 or done.returncode not in (0, 1) or not done.stdout:
            raise RuntimeError(f"the import ended with {done.returncode}")
        return json.loads(done.stdout)

    def fill(self):
        """What the generator drew twice is set aside, so it goes round again for those that are missing."""
        seed, rows, seconds = int(time.time()), 0, 0.0
        while (missing := self.number - self.count()) > 0:
            begin = time.monotonic()
            told = self.add(missing, seed)
            seed, rows, seconds = seed + 1, rows + told["added"], seconds + time.monotonic() - begin
        return {"rows": rows, "seconds": seconds, "rows_per_s": rows / seconds}

    def sizes(self):
        tables, indexes = self.service.query(
            "SELECT sum(pg_table_size(c.oid))::bigint, sum(pg_indexes_size(c.oid))::bigint FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_inherits h ON h.inhrelid = c.oid"
            " WHERE n.nspname = 'authd' AND c.relkind = 'r'"
            " AND (c.relname = ANY (%s) OR h.inhparent = 'authd.audit'::regclass)", list(TABLES))[0]
        return {"table_bytes": tables, "index_bytes": indexes,
                "bytes_per_person": (tables + indexes) / self.number}

    def statement(self, text):
        with closing(self.postgres.connect(self.service.database)) as connection, connection.cursor() as cursor:
            cursor.execute("SET search_path = authd")
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
                       " FROM identity")
        self.statement("INSERT INTO consent (bucket, subject_id, actor_id, client_id, scope)"
                       " SELECT bucket, id, id, 'bench', 'openid profile' FROM identity")
        self.statement("VACUUM (ANALYZE)")
        self.statement("CHECKPOINT")

    def load(self):
        row = {"people": self.number, **self.fill(), **self.sizes(), "index_seconds": self.index_seconds()}
        self.live()
        self.service.stop()
        say(json.dumps(row))
        return row


def measure(postgres, numbers, keep):
    made, rows = [], []
    try:
        for number in numbers:
            made.append(Population(postgres, number))
            rows.append(made[-1].load())
        argon2id = json.loads(subprocess.run([BUILD + "/bench_raw", "argon2id", "3", "19456", "2", "1", "1"], check=True,
                                             capture_output=True).stdout)
        costs = login_cost.measure(postgres, [p.service.database for p in made], BUILD)
        return [{**row, "hash_us": 1e6 / argon2id["hashes_per_s"], "login": cost} for row, cost in zip(rows, costs)]
    finally:
        for one in made:
            if keep:
                one.service.stop()
                say(f"kept: {one.service.directory}, {one.number} people in database {one.service.database}")
            else:
                one.service.close()


def table(rows):
    head = ("people", "rows/s", "bytes each", "indexes s", "log-in us", "buffers", "statements of a log-in: us (buffers)")
    lines = [head]
    for r in rows:
        parts = "  ".join(f"{name} {one['us']:.0f} ({one['buffers']:.0f})"
                          for name, one in r["login"]["statements"].items())
        lines.append((f"{r['people']:,}", f"{r['rows_per_s']:.0f}", f"{r['bytes_per_person']:.0f}",
                      f"{r['index_seconds']:.1f}", f"{r['login']['us']:.0f}", f"{r['login']['buffers']:.0f}", parts))
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        print("  ".join(c.ljust(w) if i == 6 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))).rstrip())
    first = rows[0]
    for r in rows[1:]:
        whole = (r["hash_us"] + r["login"]["us"]) / (first["hash_us"] + first["login"]["us"])
        print(f"log-in at {r['people']:,} / at {first['people']:,}: CPU with the password's hash {whole:.3f}, "
              f"of the statements alone {r['login']['us'] / first['login']['us']:.3f}, "
              f"buffers {r['login']['buffers'] / first['login']['buffers']:.3f}")


def main(arguments):
    options = {a for a in arguments if a.startswith("-")}
    numbers = [a for a in arguments if not a.startswith("-")] or ["1000", "1000000"]
    if options - {"--json", "--keep"} or not all(n.isdigit() and int(n) > 0 for n in numbers):
        print(__doc__, file=sys.stderr)
        return 2
    numbers = sorted(map(int, numbers))
    postgres = new_cluster()
    try:
        rows = measure(postgres, numbers, "--keep" in options)
    finally:
        if "--keep" in options:
            postgres.stop()
            say(f"kept: {postgres.directory}")
        else:
            drop_postgres(postgres)
    if "--json" in options:
        print(json.dumps({"cores": len(os.sched_getaffinity(0)), "rows": rows}, indent=2))
    else:
        table(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
