"""Promise 1: a stolen database holds no readable personal data, no usable password, code, token or key.
Promise 2, the part of the database: no role can do more than its process needs."""
import base64
import hashlib
import subprocess
import unicodedata

import psycopg2
import pytest


def dump(service):
    found = subprocess.run(["sh", "-c", "ls -d /usr/lib/postgresql/*/bin/pg_dump | tail -n 1"],
                           capture_output=True, text=True, check=True).stdout.strip()
    done = subprocess.run([found, "--inserts", service.postgres.url(service.database)], check=True,
                          capture_output=True)
    return done.stdout


def forms(text):
    """A secret as it could stand in a dump."""
    raw = text.encode() if isinstance(text, str) else text
    out = {raw, raw.hex().encode(), base64.b64encode(raw).rstrip(b"="),
           base64.urlsafe_b64encode(raw).rstrip(b"=")}
    return {f for f in out if len(f) >= 5}


def test_a_stolen_database_is_worthless(make_service):
    service = make_service()
    client, person = service.first, service.an
    browser = client.browser()
    attempt, left = client.authorize(browser, person, scope="openid profile email offline_access")
    unused_code = left.parameters["code"]
    tokens = client.log_in(person, browser, scope="openid profile email offline_access")
    client.userinfo(tokens["access_token"])
    everything = dump(service)
    secrets = {
        "personal number": person.number, "name": person.name, "family name": "Nguyễn Văn",
        "e-mail": person.email, "birth date": person.birthdate, "password": person.password,
        "code": unused_code, "access token": tokens["access_token"], "id token": tokens["id_token"],
        "refresh token": tokens["refresh_token"], "client secret": client.secret,
        "verifier": attempt.verifier,
    }
    for cookie in browser.session.cookies:
        secrets["cookie " + cookie.name] = cookie.value
    for what, text in secrets.items():
        for variant in (text, unicodedata.normalize("NFD", text)):
            for form in forms(variant):
                assert form not in everything, f"{what} stands in the database"
    for what in ("code", "refresh token"):
        text = secrets[what]
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        assert raw.hex().encode() not in everything and raw[:32].hex().encode() not in everything, what
    for digits in (person.number, person.email):
        for digest in (hashlib.sha256, hashlib.sha1, hashlib.md5, hashlib.sha512):
            assert digest(digits.encode()).hexdigest().encode() not in everything, "unkeyed digest"
    about_people = [line for line in everything.splitlines() if b"INTO authd.client " not in line]
    assert not [line for line in about_people if b"127.0.0.1" in line], "an address in the clear"
    assert b"PRIVATE KEY" not in everything and b'"d":' not in everything


def role(service, name):
    with open(service.secret_path("database-" + name)) as file:
        password = file.read()
    return psycopg2.connect(host=service.postgres.socket, user="authd_" + name, password=password,
                            dbname=service.database)


FORBIDDEN = [
    ("web", "SELECT * FROM credential"), ("web", "SELECT * FROM keystore_key"),
    ("web", "SELECT sealed FROM keystore_verifier"), ("web", "SELECT * FROM lookup_digest"),
    ("web", "SELECT * FROM throttle"), ("web", "UPDATE client SET state = 'active'"),
    ("web", "INSERT INTO client (id, metadata, sector) VALUES ('x', '{}', 'x')"),
    ("web", "INSERT INTO client_secret (client_id, hash) VALUES ('first', '\\x00')"),
    ("web", "UPDATE audit SET event = 'x'"), ("web", "DELETE FROM audit"),
    ("web", "UPDATE identity SET state = 'active'"), ("web", "DELETE FROM session"),
    ("web", "SELECT * FROM outbox"), ("web", "TRUNCATE code"),
    ("web", "SELECT audit_partitions(1)"), ("web", "CREATE TABLE x (y int)"),
    ("web", "COPY province TO PROGRAM 'true'"), ("web", "SELECT pg_read_file('/etc/passwd')"),
    ("verifier", "SELECT * FROM keystore_key"), ("verifier", "SELECT * FROM session"),
    ("verifier", "SELECT * FROM identity_document"), ("verifier", "SELECT * FROM code"),
    ("verifier", "UPDATE audit SET event = 'x'"), ("verifier", "SELECT * FROM client_secret"),
    ("courier", "SELECT * FROM session"), ("courier", "SELECT * FROM identity_document"),
    ("courier", "SELECT * FROM credential"), ("courier", "SELECT * FROM keystore_key"),
    ("clerk", "SELECT * FROM credential"), ("clerk", "SELECT * FROM identity_document"),
    ("clerk", "UPDATE audit SET event = 'x'"), ("clerk", "DELETE FROM audit"),
    ("admin", "SELECT * FROM credential"), ("admin", "UPDATE audit SET event = 'x'"),
    ("admin", "DELETE FROM audit"), ("admin", "DELETE FROM identity"),
]


@pytest.mark.parametrize("name,sql", FORBIDDEN, ids=[f"{n}: {s}" for n, s in FORBIDDEN])
def test_a_role_can_do_no_more_than_its_process_needs(service, name, sql):
    with role(service, name) as connection, connection.cursor() as cursor:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(sql)


@pytest.mark.parametrize("name", ["web", "verifier", "courier", "clerk", "admin"])
def test_no_role_is_powerful(service, name):
    rows = service.query("SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication "
                         "FROM pg_roles WHERE rolname = %s", "authd_" + name)
    assert rows == [(False,) * 5]


def test_every_act_leaves_an_audit_entry(make_service):
    service = make_service()
    client = service.first
    tokens = client.log_in(service.an, scope="openid profile offline_access")
    refreshed = client.refresh(tokens["refresh_token"]).json()
    client.userinfo(refreshed["access_token"])
    client.revoke(refreshed["refresh_token"])
    browser = client.browser()
    from harness.oidc import Attempt
    browser.log_in(browser.open(client.url(Attempt())), service.an.number, "wrong")
    service.ctl_text("--yes", "client", "disable", service.second.id)
    service.identity("lock", service.an)
    seen = {row[0] for row in service.query("SELECT DISTINCT event FROM audit")}
    wanted = {"login", "login.refused", "consent.given", "grant.issued", "token.code", "token.refresh",
              "userinfo", "grant.revoked", "client.created", "client.disabled", "identity.added",
              "identity.locked", "credential.set"}
    assert wanted <= seen, wanted - seen
