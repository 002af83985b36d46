"""What the statements of a log-in that touch tables of people cost the database: CPU of the backend (schedstat, so
waiting for neighbours does not count) and buffers touched (EXPLAIN), for people drawn at random.  Sessions
that are made for it are rolled back.  Must not say anything about statements of other tables: theirs hold
rows of log-ins in progress, however many people there are."""
import os
import re
import statistics
import uuid

SAMPLE, EXPLAINED, ROUNDS = 500, 100, 25
GENERATION = 0  # of people who never changed a password or state
SETTINGS = ("SELECT set_config('search_path', 'authd', false), set_config('jit', 'off', false),"
            " set_config('plan_cache_mode', 'force_generic_plan', false),"
            " set_config('enable_seqscan', 'off', false), set_config('enable_mergejoin', 'off', false),"
            " set_config('enable_bitmapscan', 'off', false),"
            " set_config('enable_hashjoin', 'off', false)")


def statement(build, name):
    """The text that the daemon prepares, from the table that the build made of authd/store/*.sql."""
    with open(build + "/generated/sql/statements.c", encoding="utf-8") as file:
        text = file.read()
    entry = text[text.index(f'{{"{name}", '):]
    entry = entry[:entry.index('"},\n')] + '"'
    body = "".join(re.findall(r'^    "((?:[^"\\]|\\.)*)"', entry, re.MULTILINE))
    return body.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")


def cpu_us(pid):
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0]) / 1000


def sample(cursor):
    """People drawn at random from those who may log in; with fewer than wanted some come several times."""
    cursor.execute("SELECT count(*) FROM identity")
    percent = min(100, 100 * 4 * SAMPLE / cursor.fetchone()[0])
    cursor.execute("SELECT bucket, id::text FROM identity TABLESAMPLE BERNOULLI (%s) WHERE state = 'active'"
                   " ORDER BY random() LIMIT %s", (percent, SAMPLE))
    people = cursor.fetchall()
    people = (people * SAMPLE)[:SAMPLE]
    out = []
    for bucket, person in people:
        cursor.execute("SELECT key_version, digest FROM lookup_digest WHERE bucket = %s AND identity_id = %s"
                       " AND kind = 'personal_number'", (bucket, person))
        out += [(bucket, person, version, bytes(digest)) for version, digest in cursor.fetchall()]
    return out


def session_parameters(bucket, person):
    audit = [[bucket], [str(uuid.uuid4())], ["login.password"], ["ok"], [person], [person], [None], [None],
             [None], [None], [None], [None], [None], [None], [str(uuid.uuid4())]]
    session = [[bucket], [str(uuid.uuid4())], [os.urandom(32)], [person], [person], [None], [os.urandom(300)],
               [2], [1], [1], ["now"], ["2100-01-01"], [None], [None], [None], [GENERATION]]
    return audit + session


# name -> parameters for one person
STATEMENTS = {
    "vault_account": lambda bucket, person, version, digest: [[version], [digest]],
    "session_create": lambda bucket, person, version, digest: session_parameters(bucket, person),
    "consent_find": lambda bucket, person, version, digest: [[bucket], [person], [person], ["bench"]],
    "documents_find": lambda bucket, person, version, digest: [bucket, person],
}


def literal(cursor, value):
    def element(v):
        if isinstance(v, bytes):
            return '"\\\\x' + v.hex() + '"'
        return "NULL" if v is None else f'"{v}"'
    if isinstance(value, list):
        value = "{" + ",".join(map(element, value)) + "}"
    return cursor.mogrify("%s", (value,)).decode()


def executions(cursor, name, people):
    make = STATEMENTS[name]
    return [f"EXECUTE {name}(" + ", ".join(literal(cursor, v) for v in make(*one)) + ")" for one in people]


def run(cursor, pid, texts):
    """Microseconds of CPU for each; what it wrote is taken back."""
    cursor.execute("BEGIN")
    begin = cpu_us(pid)
    for text in texts:
        cursor.execute(text)
        if cursor.rowcount != 1:
            raise RuntimeError(f"a statement of a log-in that finds or enters nothing: {text[:60]}")
    spent = cpu_us(pid) - begin
    cursor.execute("ROLLBACK")
    return spent / len(texts)


def buffers(cursor, texts):
    touched = []
    for text in texts[:EXPLAINED]:
        cursor.execute("BEGIN")
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + text)
        plan = cursor.fetchone()[0][0]["Plan"]
        cursor.execute("ROLLBACK")
        touched.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
    return statistics.mean(touched)


class Measured:
    """One database: its connection, its people, its best round so far."""

    def __init__(self, postgres, database, build):
        self.connection = postgres.connect(database)
        self.cursor = self.connection.cursor()
        self.cursor.execute(SETTINGS)
        self.cursor.execute("VACUUM session, audit")  # of what a measurement before took back
        self.cursor.execute("SELECT pg_backend_pid()")
        self.pid = self.cursor.fetchone()[0]
        people = sample(self.cursor)
        self.texts = {name: executions(self.cursor, name, people) for name in STATEMENTS}
        self.out = {}
        for name, texts in self.texts.items():
            self.cursor.execute(f"PREPARE {name} AS " + statement(build, name))
            cold = run(self.cursor, self.pid, texts)
            self.out[name] = {"us": cold, "cold_us": cold, "buffers": buffers(self.cursor, texts)}

    def round(self, name):
        one = self.out[name]
        one["us"] = min(one["us"], run(self.cursor, self.pid, self.texts[name]))

    def told(self):
        return {"statements": self.out, "us": sum(one["us"] for one in self.out.values()),
                "buffers": sum(one["buffers"] for one in self.out.values())}


def measure(postgres, databases, build):
    """In turns, so that what disturbs one disturbs the others as well; the best of the rounds counts."""
    all_of_them = [Measured(postgres, database, build) for database in databases]
    try:
        for name in STATEMENTS:
            for _ in range(ROUNDS):
                for one in all_of_them:
                    one.round(name)
        return [one.told() for one in all_of_them]
    finally:
        for one in all_of_them:
            one.connection.close()
