"""authctl doctor: every check is shown what it looks for.  The service is well first; then one thing after
another is broken, found, and mended."""
import contextlib
import datetime
import hmac
import http.server
import json
import os
import socket
import subprocess
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from harness.ports import free_port
from harness.service import Service, merged, written
from harness.terminal import OnTerminal
from harness.world import BUILD, drop_postgres, new_postgres, populate

CTL = BUILD + "/authctl"


@pytest.fixture(scope="module")
def patient():
    """One service on a PostgreSQL that keeps its promises."""
    postgres = new_postgres()
    made = Service(postgres, BUILD, {"passwords": {"argon2_memory_kib": 19456}})
    try:
        made.query("ALTER SYSTEM SET fsync = on")
        made.query("ALTER SYSTEM SET full_page_writes = on")
        made.query("SELECT pg_reload_conf()")
        made.migrate()
        made.start()
        yield populate(made)
    finally:
        made.close()
        drop_postgres(postgres)


@pytest.fixture(scope="module")
def still(patient):
    """The same, stopped: nobody mends what a test breaks."""
    patient.stop()
    return patient


def examine(service, conf=None, environment=None, arguments=()):
    done = subprocess.run([CTL, "-c", conf or service.conf_path, *arguments, "--json", "doctor"], capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=60, check=False,
                          env=dict(os.environ, **(environment or {})))
    assert done.stdout, done.stderr
    result = json.loads(done.stdout)
    bad = [f for f in result["findings"] if f["severity"] != "note"]
    assert done.returncode == (1 if bad else 0) and result["healthy"] == (not bad)
    for secret in os.listdir(service.directory + "/secrets"):
        with open(service.secret_path(secret)) as text:
            assert text.read().strip()[:32] not in done.stdout, secret
    assert all(f["cure"] for f in bad), bad
    return result


def finding(result, text):
    hits = [f for f in result["findings"] if text in f["text"]]
    assert hits, f"no finding says {text!r}: " + json.dumps(result["findings"], indent=1, ensure_ascii=False)
    return hits[0]["severity"], hits[0]["area"]


@contextlib.contextmanager
def config(service, over, name="other.conf"):
    """Another configuration beside the service's own."""
    path = f"{service.directory}/{name}"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(written(merged(service.options, over)) + "\n")
    yield path
    os.unlink(path)


# -- the service is well ---------------------------------------------------------------------------


def test_nothing_is_found_where_nothing_is_wrong(patient):
    result = examine(patient)
    assert result["healthy"], result["findings"]
    states = {a["area"]: a["state"] for a in result["areas"]}
    assert {"configuration", "certificate", "daemon", "issuer", "clocks", "disk", "database", "settings", "schema",
            "rights", "keys", "erasures", "deliveries", "services", "audit"} == set(states)
    assert "not checked" not in states.values()
    shown = OnTerminal([CTL, "-c", patient.conf_path, "doctor"])
    assert shown.status == 0 and "authd is well" in shown.text


def test_weak_registrations_are_notes(patient):
    assert finding(examine(patient), "first is registered with client_secret_basic") == ("note", "services")


def test_a_clock_that_is_off_is_found(patient, tmp_path):
    """authctl is shown another time than the database's."""
    source, shift = tmp_path / "shift.c", tmp_path / "shift.so"
    source.write_text("""#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
int clock_gettime(clockid_t which, struct timespec *out) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int e = real(which, out);
    if (which == CLOCK_REALTIME) out->tv_sec += 20;
    return e;
}
""")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", shift, source, "-ldl"], check=True)
    environment = {"LD_PRELOAD": str(shift), "ASAN_OPTIONS": "verify_asan_link_order=0"}
    assert finding(examine(patient, environment=environment), "this machine's clock") == ("error", "clocks")


def test_other_nodes_are_looked_at(patient):
    """Their clocks and versions, as their clerks told; our own clerk told too."""
    assert patient.query("SELECT count(*) FROM node WHERE abs(clock_offset_ms) < 1000") == [(1,)]
    patient.query("INSERT INTO node VALUES ('fast', '0.1.0', -9000, now()), ('slow', '0.1.0', 1500, now()), "
                  "('old', '0.0.1', 0, now()), ('gone', '0.1.0', 99999, now() - interval '1 hour')")
    try:
        result, told = examine(patient), patient.ctl("status")
        page = patient.ctl_text("status")
    finally:
        patient.query("DELETE FROM node WHERE name IN ('fast', 'slow', 'old', 'gone')")
    assert finding(result, "node fast: its clock") == ("error", "clocks")
    assert finding(result, "node slow: its clock") == ("warning", "clocks")
    assert finding(result, "node old runs authd 0.0.1") == ("warning", "clocks")
    assert finding(result, "node gone has been silent for 60 min") == ("note", "clocks")
    warnings = [w["text"] for w in told["warnings"]]
    assert "the clock of node fast is 9000 ms off the database's" in warnings
    assert "node old runs authd 0.0.1" in warnings and "node gone has been silent for 60 min" in warnings
    assert len(told["nodes"]) == 5 and "Nodes\n" in page


@contextlib.contextmanager
def told_by(directory, status):
    """Something that answers on a control socket."""
    path = directory + "/told.sock"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen()
    with open(path + ".key", "w", encoding="ascii") as key:
        key.write("0" * 64)

    def answer():
        peer, _ = listening.accept()
        with peer:
            peer.recv(65536)
            peer.sendall(json.dumps({"result": status}).encode() + b"\n")
    thread = threading.Thread(target=answer)
    thread.start()
    yield path
    thread.join()
    listening.close()


def test_what_the_daemon_tells_is_passed_on(patient):
    sandbox = {"area": "processes", "severity": "warning", "text": "this system gives no landlock to the sandbox",
               "cure": "a newer kernel"}
    database = {"area": "database", "severity": "error", "text": "told twice", "cure": "no"}
    status = {"issuer": "https://elsewhere.example", "version": "0.0.9", "warnings": [sandbox, database],
              "database": {}}
    with told_by(patient.directory, status) as path:
        result = examine(patient, arguments=["--socket", path])
    assert finding(result, "no landlock") == ("warning", "daemon")
    assert finding(result, "another issuer") == ("error", "daemon")
    assert finding(result, "authd 0.0.9 runs") == ("warning", "daemon")
    assert "told twice" not in json.dumps(result)


@pytest.mark.parametrize("status,document,text", [
    (200, {"issuer": "https://evil.example"}, "somebody else answers"), (200, None, "somebody else answers"),
    (502, {}, "status 502"), (404, {}, "status 404")])
def test_an_issuer_that_leads_elsewhere_is_found(patient, status, document, text):
    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"<html>" if document is None else json.dumps(document).encode())

        def log_message(self, *_):
            pass
    with http.server.HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with config(patient, {"issuer": f"http://localhost:{server.server_port}"}) as path:
            assert finding(examine(patient, path), text) == ("error", "issuer")
        server.shutdown()


def test_an_issuer_nobody_reaches_is_found(patient):
    with config(patient, {"issuer": f"http://localhost:{free_port()}"}) as path:
        assert finding(examine(patient, path), "is not reached")[1] == "issuer"


# -- without the daemon ----------------------------------------------------------------------------


def test_it_works_while_authd_does_not_run(still):
    result = examine(still)
    assert finding(result, "does not run") == ("error", "daemon")
    assert {a["area"] for a in result["areas"] if a["state"] == "ok"} >= {"schema", "rights", "keys", "audit"}


def test_it_says_what_it_could_not_look_at_without_a_database(still):
    with config(still, {"database": {"host": "/nonexistent"}}) as path:
        result = examine(still, path)
    assert finding(result, "admin can't connect") == ("error", "database")
    states = {a["area"]: a["state"] for a in result["areas"]}
    assert states["rights"] == states["keys"] == "not checked"
    shown = OnTerminal([CTL, "-c", still.directory + "/none.conf", "doctor"])
    assert shown.status == 1 and "not checked" in shown.text and "something is to be done" in shown.text


def test_a_configuration_that_cannot_be_read_is_found(still):
    for bad in ("nonsense = 1\n", "issuer = \n", ""):
        path = still.directory + "/bad.conf"
        with open(path, "w") as out:
            out.write(bad)
        result = examine(still, path)
        assert finding(result, "bad.conf")[1] == "configuration"
    assert finding(examine(still, still.directory + "/none.conf"), "none.conf") == ("error", "configuration")


@pytest.mark.parametrize("over,text", [
    ({"keys": {"master_key_file": "/nonexistent"}}, "keys.master_key_file"),
    ({"database": {"web": {"password_file": "/nonexistent"}}}, "database.web.password_file"),
    ({"user": "nobody-of-this-name"}, "no system user"),
    ({"run_dir": "/nonexistent"}, "run_dir"),
])
def test_a_file_that_is_not_there_is_found(still, over, text):
    with config(still, over) as path:
        assert finding(examine(still, path), text) == ("error", "configuration")


def test_files_that_others_may_read_or_change_are_found(still):
    def mode(path, wrong, text):
        before = os.stat(path).st_mode & 0o7777
        os.chmod(path, wrong)
        try:
            assert finding(examine(still), text) == ("error", "configuration")
        finally:
            os.chmod(path, before)
    mode(still.secret_path("master.key"), 0o644, "can be read by others")
    mode(still.secret_path("database-clerk"), 0o640, "can be read by others")
    mode(still.directory + "/secrets", 0o777, "the folder of a secret")
    mode(still.conf_path, 0o666, "the configuration")
    mode(still.options["run_dir"], 0o777, "run_dir")


def test_credentials_of_systemd_are_looked_at_where_they_are_given(still):
    with config(still, {"keys": {"master_key_file": "credential:master.key"}}) as path:
        assert finding(examine(still, path), "systemd gives it to the service only") == ("note", "configuration")
        result = examine(still, path, {"CREDENTIALS_DIRECTORY": still.directory + "/secrets"})
        assert "systemd gives" not in json.dumps(result)


def test_weak_options_are_errors_in_production(still):
    with config(still, {"issuer": "https://id.example.invalid", "log": {"level": "debug"},
                        "passwords": {"argon2_memory_kib": 8192}, "keys": {"rotation_days": 0}}) as path:
        result = examine(still, path)
    for option in ("login_throttle", "http_loopback_redirects", "courier_loopback"):
        assert finding(result, "development." + option) == ("error", "configuration")
    assert finding(result, "log.level") == ("warning", "configuration")
    assert finding(result, "argon2_memory_kib") == ("warning", "configuration")
    assert finding(result, "rotation_days") == ("note", "configuration")
    assert finding(result, "is not reached") == ("warning", "issuer")
    assert finding(examine(still), "development.login_throttle") == ("note", "configuration")


# -- certificates ------------------------------------------------------------------------------------


def certified(directory, host="id.example.invalid", days=90, begins=-1, issuer=None, ca=False, name="leaf"):
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.utcnow()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer[0].subject if issuer else subject)
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(now + datetime.timedelta(days=begins))
               .not_valid_after(now + datetime.timedelta(days=days, hours=1))
               .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True))
    if not ca:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    certificate = builder.sign(issuer[1] if issuer else key, hashes.SHA256())
    with open(os.open(f"{directory}/{name}.key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                    serialization.NoEncryption()))
    with open(f"{directory}/{name}.pem", "wb") as out:
        out.write(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate, key


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    directory = str(tmp_path_factory.mktemp("authority"))
    os.chmod(directory, 0o755)
    root = certified(directory, ca=True, name="root")
    between = certified(directory, ca=True, name="between", issuer=root)
    return directory, root, between


def examine_tls(still, authority, chain=("leaf", "between"), key="leaf"):
    directory = authority[0]
    with open(directory + "/chain.pem", "w") as out:
        for name in chain:
            with open(f"{directory}/{name}.pem") as one:
                out.write(one.read())
    over = {"issuer": "https://id.example.invalid", "server": {
        "tls_certificate_file": directory + "/chain.pem", "tls_key_file": f"{directory}/{key}.key"}}
    with config(still, over) as path:
        result = examine(still, path, {"SSL_CERT_FILE": directory + "/root.pem"})
    return result, [f for f in result["findings"] if f["area"] == "certificate"]


def test_a_good_certificate_is_not_complained_about(still, authority):
    certified(authority[0], issuer=authority[2])
    assert examine_tls(still, authority)[1] == []


@pytest.mark.parametrize("made,text,severity", [
    ({"days": -1, "begins": -9}, "has expired", "error"), ({"days": 5}, "ends in 5 days", "error"),
    ({"days": 20}, "ends in 20 days", "warning"), ({"begins": 3}, "not valid yet", "error"),
    ({"host": "other.example"}, "does not name the issuer's host", "error")])
def test_a_certificate_that_will_be_refused_is_found(still, authority, made, text, severity):
    certified(authority[0], issuer=authority[2], **made)
    assert finding(examine_tls(still, authority)[0], text) == (severity, "certificate")


def test_a_broken_chain_a_strange_key_and_an_empty_file_are_found(still, authority):
    certified(authority[0], issuer=authority[2])
    assert finding(examine_tls(still, authority, chain=("leaf",))[0], "does not trust") == ("error", "certificate")
    assert finding(examine_tls(still, authority, key="root")[0], "does not belong") == ("error", "certificate")
    assert finding(examine_tls(still, authority, chain=())[0], "has no certificate") == ("error", "certificate")


# -- the database ------------------------------------------------------------------------------------


def broken(service, breaking, mending):
    """Breaks by SQL, examines, mends."""
    for statement in breaking if isinstance(breaking, list) else [breaking]:
        service.query(statement)
    try:
        return examine(service)
    finally:
        for statement in mending if isinstance(mending, list) else [mending]:
            service.query(statement)


def test_a_role_that_cannot_connect_is_found(still):
    result = broken(still, "ALTER ROLE authd_courier PASSWORD 'another'", "SELECT 1")
    assert finding(result, "courier can't connect") == ("error", "database")
    still.migrate()
    assert "can't connect" not in json.dumps(examine(still)["findings"])


@pytest.mark.parametrize("setting,value,severity", [
    ("synchronous_commit", "off", "error"), ("default_transaction_isolation", "'repeatable read'", "error"),
    ("log_statement", "'all'", "warning")])
def test_a_setting_of_the_database_that_breaks_a_promise_is_found(still, setting, value, severity):
    result = broken(still, f"ALTER DATABASE {still.database} SET {setting} = {value}",
                    f"ALTER DATABASE {still.database} RESET {setting}")
    assert finding(result, setting + " = ") == (severity, "settings")


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "autovacuum"])
def test_a_setting_of_the_server_that_breaks_a_promise_is_found(still, setting):
    def put(value):
        still.query(f"ALTER SYSTEM SET {setting} = {value}")
        still.query("SELECT pg_reload_conf()")
        while still.query(f"SHOW {setting}") != [(value,)]:
            pass
    put("off")
    try:
        assert finding(examine(still), setting + " = off") == ("error", "settings")
    finally:
        put("on")


def test_too_few_connections_are_found(still):
    with config(still, {"database": {"read_connections": 64, "write_connections": 64}}) as path:
        assert finding(examine(still, path), "connections, PostgreSQL gives") == ("error", "settings")


def test_another_schema_than_the_programs_is_found(still):
    version, sha = still.query("SELECT version, sha256 FROM schema_migration WHERE version = 3")[0]
    result = broken(still, "UPDATE schema_migration SET sha256 = 'x' WHERE version = 3",
                    f"UPDATE schema_migration SET sha256 = '{sha}' WHERE version = 3")
    assert finding(result, "0003_clients was applied with another text") == ("error", "schema")
    result = broken(still, "UPDATE schema_migration SET version = 9003 WHERE version = 3",
                    "UPDATE schema_migration SET version = 3 WHERE version = 9003")
    assert finding(result, "0003_clients is not applied") == ("error", "schema")
    assert finding(result, "which this program does not know") == ("warning", "schema")
    result = broken(still, "INSERT INTO schema_migration VALUES (9999, 'later', 'x', 9999)",
                    "DELETE FROM schema_migration WHERE version = 9999")
    assert finding(result, "later, which this program does not know") == ("error", "schema")
    assert version == 3


@pytest.mark.parametrize("breaking,mending,text", [
    ("GRANT SELECT ON credential TO authd_web", "REVOKE SELECT ON credential FROM authd_web",
     'authd_web has the rights "S" on credential, not "none"'),
    ("GRANT SELECT (verifier) ON credential TO authd_web", "REVOKE SELECT (verifier) ON credential FROM authd_web",
     'authd_web has the rights "S(verifier)" on credential'),
    ("REVOKE SELECT ON client FROM authd_web", "GRANT SELECT ON client TO authd_web",
     'authd_web has the rights "none" on client, not "S"'),
    ("GRANT TRUNCATE ON audit TO authd_clerk", "REVOKE TRUNCATE ON audit FROM authd_clerk", "TRUNCATE"),
    ("GRANT DELETE ON audit TO PUBLIC", "REVOKE DELETE ON audit FROM PUBLIC", "on audit"),
    ("GRANT EXECUTE ON FUNCTION audit_retire(integer) TO authd_admin",
     "REVOKE EXECUTE ON FUNCTION audit_retire(integer) FROM authd_admin", "audit_retire(integer)"),
    ("REVOKE USAGE ON SEQUENCE outbox_seq FROM authd_web", "GRANT USAGE ON SEQUENCE outbox_seq TO authd_web",
     "outbox_seq"),
    ("ALTER ROLE authd_verifier CREATEDB", "ALTER ROLE authd_verifier NOCREATEDB", "authd_verifier is superuser, or"),
    ("GRANT authd_admin TO authd_courier", "REVOKE authd_admin FROM authd_courier", "member of another role"),
    ("GRANT CREATE ON SCHEMA authd TO authd_web", "REVOKE CREATE ON SCHEMA authd FROM authd_web",
     "may create things"),
])
def test_a_role_with_other_rights_than_listed_is_found(still, breaking, mending, text):
    assert finding(broken(still, breaking, mending), text) == ("error", "rights")


# -- keys --------------------------------------------------------------------------------------------


def test_keys_that_are_missing_or_old_are_found(still):
    def with_key(change, where):
        still.query("CREATE TABLE saved AS SELECT * FROM keystore_key")
        try:
            return broken(still, f"{change} WHERE {where}", "SELECT 1")
        finally:
            still.query("DELETE FROM keystore_key")
            still.query("INSERT INTO keystore_key SELECT * FROM saved")
            still.query("DROP TABLE saved")
    es256 = "use = 'sign' AND alg = 'ES256' AND state = "
    result = with_key("DELETE FROM keystore_key", es256 + "'next'")
    assert finding(result, "no next key of ES256") == ("warning", "keys")
    result = with_key("UPDATE keystore_key SET published_at = NULL", es256 + "'next'")
    assert finding(result, "no next key of ES256") == ("warning", "keys")
    result = with_key("DELETE FROM keystore_key", es256 + "'active'")
    assert finding(result, "no key signs ES256") == ("error", "keys")
    result = with_key("UPDATE keystore_key SET activated_at = now() - interval '120 days'", es256 + "'active'")
    assert finding(result, "signs since 120 days") == ("warning", "keys")
    result = with_key("DELETE FROM keystore_key", "use = 'pepper'")
    assert finding(result, "no usable pepper key") == ("error", "keys")
    result = with_key("DELETE FROM keystore_key", "true")
    assert finding(result, "key store is empty") == ("note", "keys")
    assert "keys" not in {f["area"] for f in examine(still)["findings"]}


def test_another_master_key_than_the_databases_is_found(still):
    still.write_secret("strange.key", "ab" * 32)
    still.write_secret("short.key", "abcdef")
    with config(still, {"keys": {"master_key_file": still.secret_path("strange.key")}}) as path:
        assert finding(examine(still, path), "wait for another master key") == ("error", "keys")
    with config(still, {"keys": {"master_key_file": still.secret_path("short.key")}}) as path:
        assert finding(examine(still, path), "does not hold 64 hex digits") == ("error", "configuration")
    over = {"keys": {"master_key_file": still.secret_path("strange.key"),
                     "master_key_previous_file": still.secret_path("master.key")}}
    with config(still, over) as path:
        result = examine(still, path)
    assert finding(result, "still wait for the previous master key") == ("warning", "keys")
    assert finding(result, "master_key_previous_file is still set") == ("warning", "configuration")


def test_a_ledger_of_erasures_that_does_not_fit_the_database_is_found(still):
    path = still.directory + "/erasures"
    with open(path) as file:
        good = file.read()
    assert "erasures" not in {f["area"] for f in examine(still)["findings"]}

    def with_ledger(text):
        with open(path, "w") as file:
            file.write(text)
        try:
            return examine(still)
        finally:
            with open(path, "w") as file:
                file.write(good)

    who = "7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90"
    with open(still.secret_path("ledger.key")) as file:
        key = bytes.fromhex(file.read().strip())
    mac = hmac.new(key, bytes.fromhex(good.split()[-1]) + f"1 1800000000 {who}".encode(), "sha256").hexdigest()
    assert finding(with_ledger(good + f"1 1800000000 {who} {mac}\n"), "lacks 1 erasures") == ("error", "erasures")
    assert finding(with_ledger(good + f"1 1800000001 {who} {mac}\n"), "line 2 of") == ("error", "erasures")
    assert finding(with_ledger(good[:-5]), "line 1 of") == ("error", "erasures")
    assert finding(with_ledger(""), "is empty, but this database has one") == ("error", "erasures")
    with config(still, {"erasures": {"ledger_file": "", "key_file": ""}}) as conf:
        assert finding(examine(still, conf), "none is configured") == ("error", "erasures")
    with config(still, {"erasures": {"ledger_file": path + ".gone", "key_file": still.secret_path("ledger.key")}}) as conf:
        assert finding(examine(still, conf), "can't be read") == ("error", "erasures")
    still.write_secret("strange.ledger.key", "cd" * 32)
    with config(still, {"erasures": {"ledger_file": path, "key_file": still.secret_path("strange.ledger.key")}}) as conf:
        assert finding(examine(still, conf), "line 1 of") == ("error", "erasures")
    result = broken(still, f"INSERT INTO erasure (identity_id, bucket, erased_at, actor, legal_ground, seq) VALUES "
                    f"('{who}', 1, now() - interval '1 hour', 'x', 'x', 1)", "DELETE FROM erasure")
    assert finding(result, "1 erasures are in no ledger yet") == ("warning", "erasures")


# -- what piles up -----------------------------------------------------------------------------------


def test_deliveries_that_do_not_arrive_are_found(still):
    insert = ("INSERT INTO outbox (bucket, recipient, kind, created_at, attempts, last_error, failed_at) VALUES "
              "(1, 'first', 'backchannel_logout', now() - interval '2 hours', 7, 'status 500', NULL), "
              "(1, 'second', 'backchannel_logout', now(), 20, 'no route', now())")
    result = broken(still, insert, "DELETE FROM outbox")
    assert finding(result, "1 deliveries to first wait, the oldest since 120 min after 7 tries: status 500") == (
        "warning", "deliveries")
    assert finding(result, "1 deliveries to second were given up") == ("warning", "deliveries")


def test_a_missing_audit_partition_and_entries_outside_are_found(still):
    month, = still.query("SELECT 'audit_' || to_char((now() AT TIME ZONE 'UTC') + interval '1 month', 'YYYY_MM')")[0]
    result = broken(still, f"ALTER TABLE audit DETACH PARTITION {month}; ALTER TABLE {month} RENAME TO aside",
                    f"DROP TABLE aside; SET ROLE authd_owner; SELECT authd.audit_partitions(3)")
    assert finding(result, "no audit partition for the next month") == ("warning", "audit")
    result = broken(still, "INSERT INTO audit (bucket, at, event, request_id) VALUES (1, now() + interval '9 years', "
                    "'login', gen_random_uuid())", "TRUNCATE audit_rest")
    assert finding(result, "outside every month's partition") == ("warning", "audit")


def test_a_registration_that_cannot_be_read_is_found(still):
    result = broken(still, "UPDATE client SET metadata = '[]' WHERE id = 'second'",
                    "UPDATE client SET metadata = (SELECT metadata FROM client WHERE id = 'first') WHERE id = 'second'")
    assert finding(result, "the registration of second can't be read") == ("error", "services")
