"""The machine's own limits, nothing of ours in them: durable inserts and single-row reads of a bare PostgreSQL
(pgbench, prepared statements, commits on disk), raw ES256 and Argon2id (raw.c)."""
import glob
import os
import re
import subprocess
import tempfile
from contextlib import closing

SCRIPTS = {
    "insert": "INSERT INTO limits (what) VALUES (sha256(int8send((random() * 1e18)::bigint)));\n",
    "insert64": "INSERT INTO limits (what) SELECT sha256(int8send((random() * 1e18)::bigint))"
                " FROM generate_series(1, 64);\n",
    "read": "\\set id random(1, 20000)\n\\startpipeline\n" + 50 * "SELECT what FROM limits WHERE id = :id;\n"
            + "\\endpipeline\n",
}


def pgbench(url, script, clients, seconds):
    """Statements per second."""
    program = sorted(glob.glob("/usr/lib/postgresql/*/bin/pgbench"))[-1]
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(SCRIPTS[script])
        file.flush()
        done = subprocess.run([program, "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)),
                               "-T", str(seconds), "-f", file.name, url], check=True, capture_output=True, text=True)
    return float(re.search(r"tps = ([0-9.]+)", done.stdout).group(1))


def measure(postgres, es256, alone, hashes_per_s, seconds):
    """Rows of the table: what, and how many a second."""
    with closing(postgres.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE limits (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what bytea)")
        cursor.execute("INSERT INTO limits (what) SELECT sha256(int8send(i)) FROM generate_series(1, 20000) i")
        cursor.execute("VACUUM (ANALYZE) limits")
    url = postgres.url()
    seconds = max(1, int(seconds))
    rows = [("durable inserts, one a statement, one connection", pgbench(url, "insert", 1, seconds)),
            ("durable inserts, one a statement, sixteen connections", pgbench(url, "insert", 16, seconds)),
            ("durable inserts, 64 a statement, one connection", 64 * pgbench(url, "insert64", 1, seconds)),
            ("pipelined reads of one row, one connection", 50 * pgbench(url, "read", 1, seconds)),
            ("ES256 signatures, one core while the others sign", 1e6 / es256["sign_us"]),
            ("ES256 signatures, one core while the others rest", 1e6 / alone["sign_us"]),
            ("ES256 verifications, one core while the others verify", 1e6 / es256["verify_us"]),
            (f"Argon2id hashes, {len(os.sched_getaffinity(0))} cores", hashes_per_s)]
    with closing(postgres.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE limits")
    return [{"what": what, "per_s": per_s} for what, per_s in rows]
