"""Promise 2: a hijacked web process is poor.

All web processes here run an attacker's code (tests/hijack) inside the real sandbox, with the real channels and
database role, everything under one user as the packaged unit has it.  An uses the service before they are taken, Bình
while they are (the attacker knows her secrets), Cường never.  What must remain possible stands in docs/threats.md."""
import glob
import hashlib
import json
import os
import re
import secrets
import signal
import struct
import subprocess
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from harness.hijack import (CODE, GRANT, NONE32, NUMBERS, PROOF, SESSION, Hijacked, Killed, document, fields_of,
                            i64, issue_code, issue_tokens, proof_read, proof_write, secret_of, text, u8, u32, userinfo)
from harness.oidc import b64, ec_jwk, ec_key, jwt_parts, jwt_sign_es256
from harness.ports import free_port
from harness.postgres import ROOT
from harness.world import BUILD, drop_postgres, new_client, new_postgres, populate

SCOPE = "openid profile email phone address offline_access"
EPERM, EACCES, SIGSYS = 1, 13, 31
CONTROL_READY = 10
(HELLO, LOAD_KEYS, GENERATE_KEY, REWRAP, KEY_SET, SEAL, ISSUE_CODE, ISSUE_TOKENS, CLIENT_TOKEN, USERINFO, LOGOUT_TOKEN,
 IDENTITY_OPEN, LOOKUP_DIGESTS, ADDRESS_OPEN, PERSON, PASSWORD_WORDS) = range(1, 17)
(V_HELLO, V_PASSWORD, V_SET_PASSWORD, V_MAKE_CODE, V_CODE, V_FIRST_PASSWORD, V_CHANGE_PASSWORD) = range(1, 8)


def sanitized():
    """AddressSanitizer reports by opening files of its own: its build lets those calls through seccomp."""
    with open(BUILD + "/CMakeCache.txt") as cache:
        return "SANITIZE:BOOL=ON" in cache.read()


class Victim:
    """What the database shows of somebody, and for who uses the hijacked process, the secrets they sent."""

    def __init__(self, service, person, client, uses):
        self.person, self.client = person, client
        tokens = client.log_in(person, scope=SCOPE)
        cookie = next(c.value for c in tokens["browser"].session.cookies if c.name.endswith("sso"))
        self.sub = client.id_token(tokens)["sub"]
        hashed = hashlib.sha256(secret_of(cookie)).hexdigest()
        session = service.rows(f"SELECT encode(proof, 'hex'), subject_id, id FROM authd.session "
                               f"WHERE hash = '\\x{hashed}'")[0]
        self.session_proof, self.id = bytes.fromhex(session[0]), session[1]
        self.uuid = bytes.fromhex(self.id.replace("-", ""))
        self.session = bytes.fromhex(session[2].replace("-", ""))
        hashed = hashlib.sha256(secret_of(tokens["refresh_token"])).hexdigest()
        refresh = service.rows(f"SELECT encode(r.proof, 'hex'), encode(g.proof, 'hex') FROM authd.refresh r "
                               f"JOIN authd.grant g ON g.bucket = r.bucket AND g.id = r.grant_id "
                               f"WHERE r.hash = '\\x{hashed}'")[0]
        self.refresh_proof, self.grant_proof = (bytes.fromhex(value) for value in refresh)
        self.documents = service.documents(self.id)
        assert self.documents
        if uses:
            self.cookie, self.refresh = secret_of(cookie), secret_of(tokens["refresh_token"])
            self.access_token, self.id_token = tokens["access_token"], tokens["id_token"]


@pytest.fixture(scope="module")
def taken():
    postgres = new_postgres()
    service = Hijacked(postgres, BUILD, {"user": "", "processes": {"web": 8, "signer": 2},
                                         "metrics": {"listen": f"127.0.0.1:{free_port()}"}})
    try:
        service.migrate()
        service.start()
        populate(service)
        service.victim = Victim(service, service.an, service.first, uses=False)
        service.user = Victim(service, service.binh, service.first, uses=True)
        yield service
    finally:
        service.close()
        drop_postgres(postgres)
    assert "AddressSanitizer" not in service.last_log and "runtime error:" not in service.last_log


@contextmanager
def logged(service, event, n=1):
    """At least n lines of this event are logged meanwhile, by the process that refused."""
    before = len(service.log_lines(event))
    yield
    end = time.monotonic() + 60
    while len(service.log_lines(event)) < before + n and time.monotonic() < end:
        time.sleep(0.01)
    assert len(service.log_lines(event)) >= before + n, service.log()[-2000:]


def others(service):
    """Every process but the attacker's own, and the parent."""
    roles = service.roles()
    return {name: roles[name][0] for name in ("signer", "verifier", "clerk", "courier", "admin")} | {
        "parent": service.process.pid}


# The machine --------------------------------------------------------------------------------------


def files(service):
    roles = others(service)
    secret = [service.secret_path(name) for name in ("master.key", "database-admin", "database-owner")]
    return secret + [service.conf_path, "/etc/passwd", "/etc/shadow", "/proc/self/mem", "/proc/self/maps", "/dev/mem",
                     service.options["run_dir"] + "/authctl.sock.key", service.log_path, "/tmp/dropped", "/"] + [
        f"/proc/{pid}/{name}" for pid in roles.values() for name in ("mem", "environ", "maps", "fd/3", "cmdline")]


def test_it_opens_and_changes_no_file(taken):
    for path in [] if sanitized() else files(taken):
        for flags in (0, 1, 2, 0o101, 0o200000, 0o20200000):
            told = taken.attempt({"do": "syscall", "nr": NUMBERS["openat"], "args": [-100, path, flags, 0o600]})
            assert told["result"] == -1 and told["errno"] in (EPERM, EACCES), (path, flags, told)
    run = taken.options["run_dir"]
    for name in ({"unlink", "rename", "chmod", "mkdir"} | (set() if sanitized() else {"open"})) & set(NUMBERS):
        told = taken.system(name, run + "/authctl.sock", run + "/x" if name == "rename" else 0o777)
        assert told["errno"] == EPERM, name


def test_it_changes_neither_itself_nor_others_quietly(taken):
    pid = others(taken)["signer"]
    attempts = [("tgkill", pid, pid, 9), ("prlimit64", pid, 7, 0, 0), ("pidfd_open", pid, 0), ("setpgid", 0, 0),
                ("setsid",), ("seccomp", 0, 0, 0), ("clone", 17, 0, 0, 0, 0)]
    if not sanitized():
        attempts += [("prctl", 4, 1), ("personality", 0x400000)]
    for name, *args in attempts:
        told = taken.system(name, *args)
        assert told["result"] == -1 and told["errno"] in (EPERM, 38), (name, told)
    bound = taken.orders([{"do": "syscall", "nr": NUMBERS["socket"], "args": [1, 1, 0]},
                          {"do": "syscall", "nr": NUMBERS["bind"], "args": [{"result": 0}, {"hex": "01002f746d702f78"}, 8]}])[1]
    assert bound[1]["errno"] == EPERM


PAGE, PRIVATE = 4096, 0x22


def deadly(service):
    pid = others(service)
    return [
        ("execve", "/bin/true", 0, 0), ("execveat", -100, "/bin/true", 0, 0, 0),
        ("ptrace", 16, pid["signer"], 0, 0), ("ptrace", 0x4206, pid["verifier"], 0, 0),
        ("process_vm_readv", pid["signer"], 0, 0, 0, 0, 0), ("process_vm_writev", pid["signer"], 0, 0, 0, 0, 0),
        ("pidfd_getfd", 3, 3, 0),
        ("kill", pid["signer"], 9), ("kill", pid["parent"], 9), ("kill", -1, 9), ("tkill", pid["verifier"], 9),
        ("socket", 2, 1, 0), ("socket", 2, 2, 0), ("socket", 10, 1, 0), ("socket", 16, 3, 0), ("socket", 17, 3, 0),
        ("socket", 40, 1, 0),
        ("mmap", 0, PAGE, 7, PRIVATE, -1, 0), ("mprotect", 0, PAGE, 5),
        ("memfd_create", "x", 0), ("bpf", 0, 0, 0), ("io_uring_setup", 1, 0), ("unshare", 0x10000000),
        ("mount", "none", "/", "tmpfs", 0, 0), ("keyctl", 0, 0), ("setuid", 0)] + (
            [("fork",)] if "fork" in NUMBERS else [])


def test_programs_sockets_siblings_and_code_of_its_own_end_it(taken):
    """The kernel ends the process at the call itself, the parent logs it and starts another."""
    before = others(taken)
    attempts = deadly(taken)
    mark = taken.log_mark()
    for one in attempts:
        with pytest.raises(Killed):
            taken.system(*one)
    taken.wait_log(f"how=signal value={SIGSYS}", len(attempts))
    died = [line for line in taken.log_lines("process.died", mark)]
    assert len(died) == len(attempts) and all("name=web" in line for line in died)
    assert others(taken) == before, "nobody else was touched"
    taken.wait_ready()


def test_the_control_socket_does_not_believe_it(taken):
    """It can connect: the same user, and PostgreSQL's socket needs the call.  It can't read the key beside it."""
    path = (taken.options["run_dir"] + "/authctl.sock").encode()
    address = b"\x01\x00" + path + b"\0"
    commands = [{"command": "status"}, {"command": "status", "key": ""}, {"command": "status", "key": "0" * 64},
                {"command": "keys rotate", "arguments": {"alg": "ES256"}},
                {"command": "identity show", "arguments": {"id": taken.an.number, "reason": "x"}},
                {"command": "identity password", "arguments": {"id": taken.an.number, "password": "x" * 20}}]
    mark = taken.log_mark()
    with logged(taken, "admin.command", len(commands)):
        for command in commands:
            line = json.dumps(command) + "\n"
            results = taken.orders([
                {"do": "syscall", "nr": NUMBERS["socket"], "args": [1, 1, 0]},
                {"do": "syscall", "nr": NUMBERS["connect"], "args": [{"result": 0}, {"hex": address.hex()}, len(address)]},
                {"do": "syscall", "nr": NUMBERS["sendto"], "args": [{"result": 0}, line, len(line), 0, 0, 0]}])[1]
            assert results[2]["result"] == len(line), "if it can't even connect, this test needs another attempt"
    lines = taken.log_lines("admin.command", mark)
    assert all("outcome=refused" in line and "err=denied" in line for line in lines), lines


# The signer ---------------------------------------------------------------------------------------


def refused(service, op, message, how=("denied",)):
    """The signer refuses and raises the alarm itself."""
    with logged(service, "warrant.refused"):
        err, why, answer = service.call("signer", op, message)
    assert err in how and answer == b"", (err, why)


def wanted_code(service, **over):
    """What it asks a code for, as wide as can be."""
    now = int(time.time())
    wish = {"kind": CODE, "bearer": hashlib.sha256(b"own secret").digest(), "expires_at": now + 300,
            "grant_ends_at": now + 10 ** 9, "grant": secrets.token_bytes(16), "client_id": service.first.id,
            "sector": "localhost", "scope": SCOPE, "claims": None}
    return dict(wish, **over)


def get_code(service, **over):
    """A code for who uses the process: that much it can."""
    user = service.user
    err, why, answer = service.call("signer", ISSUE_CODE,
                                    issue_code(user.session_proof, user.cookie, **wanted_code(service, **over)))
    assert err == "ok", why
    return fields_of(answer, 4)


def test_a_proof_without_its_secret_gives_nothing(taken):
    """The database shows proofs; none of them goes with anything the attacker has."""
    victim, user = taken.victim, taken.user
    rows = taken.rows(f"SELECT encode(hash, 'hex') FROM authd.session WHERE subject_id = '{victim.id}'")
    for secret in (None, "", user.cookie, user.refresh, bytes.fromhex(rows[0][0]), bytes(32), victim.session_proof):
        refused(taken, ISSUE_CODE, issue_code(victim.session_proof, secret, **wanted_code(taken)))
        refused(taken, PERSON, text(victim.session_proof) + text(secret) + document(victim.documents[0]))
        refused(taken, ISSUE_TOKENS, issue_tokens(victim.refresh_proof, secret))


def test_without_a_proof_there_is_nothing(taken):
    nobody = taken.rows(f"SELECT id FROM authd.identity WHERE id NOT IN ('{taken.victim.id}', '{taken.user.id}') LIMIT 1")
    sealed = [document(d) for d in taken.documents(nobody[0][0])]
    for made in (None, b"", b"\x01", secrets.token_bytes(300), taken.user.session_proof[:-1], taken.user.session_proof + b"\0"):
        refused(taken, ISSUE_CODE, issue_code(made, taken.user.cookie, **wanted_code(taken)))
        refused(taken, ISSUE_TOKENS, issue_tokens(made, taken.user.refresh))
        refused(taken, PERSON, text(made) + text(taken.user.cookie) + sealed[0])
        refused(taken, USERINFO, userinfo(taken.user.access_token, made, sealed))


@pytest.mark.parametrize("kind", ["session", "refresh"])
def test_an_edited_proof_is_none(taken, kind):
    """Each field, by a bit, and as an attacker would like it; the secret is the right one."""
    user = taken.user
    sealed, secret = ((user.session_proof, user.cookie) if kind == "session" else (user.refresh_proof, user.refresh))
    better = {"kind": u8(CODE if kind == "session" else SESSION), "subject": taken.victim.uuid,
              "actor": taken.victim.uuid, "session": taken.victim.session, "account_level": u8(2),
              "authentication_level": u8(4), "amr": u32(63), "auth_time": i64(int(time.time())),
              "expires_at": i64(2 ** 40), "grant_ends_at": i64(2 ** 40), "client_id": text("second"),
              "sector": text("127.0.0.1"), "scope": text(SCOPE + " personal_number"), "cnf": text('{"any":true}'),
              "claims": text('{"userinfo":["urn:authd:personal_number"]}'), "resource": text("https://evil.example/"),
              "mandate": bytes(range(16)), "nonce": text("x"), "bearer": hashlib.sha256(b"mine").digest(),
              "grant": bytes(range(16)), "mandate_expires_at": i64(2 ** 40), "version": b"\x02", "kid": text("x" * 8)}
    whole = proof_read(sealed)
    assert proof_write(whole) == sealed and set(better) == {name for name, _ in PROOF} | {"version", "kid"}
    for name, value in whole.items():
        bent = [value[:-1] + bytes([value[-1] ^ 1])]
        if name in better and better[name] != value:
            bent.append(better[name])
        for other in bent:
            edited = proof_write(dict(whole, **{name: other}))
            if kind == "session":
                refused(taken, ISSUE_CODE, issue_code(edited, secret, **wanted_code(taken)))
            else:
                refused(taken, ISSUE_TOKENS, issue_tokens(edited, secret))
    for mac in (NONE32, hashlib.sha256(sealed[:-32]).digest(), proof_read(user.grant_proof)["mac"]):
        refused(taken, ISSUE_CODE, issue_code(sealed[:-32] + mac, secret, **wanted_code(taken)))


def test_a_proof_of_one_kind_is_none_of_another(taken):
    user = taken.user
    refused(taken, ISSUE_CODE, issue_code(user.refresh_proof, user.refresh, **wanted_code(taken)))
    refused(taken, ISSUE_CODE, issue_code(user.grant_proof, b"", **wanted_code(taken)))
    refused(taken, ISSUE_TOKENS, issue_tokens(user.session_proof, user.cookie))
    refused(taken, ISSUE_TOKENS, issue_tokens(user.grant_proof, b""))
    refused(taken, PERSON, text(user.refresh_proof) + text(user.refresh) + document(user.documents[0]))
    for sealed in (user.session_proof, user.refresh_proof):
        refused(taken, USERINFO, userinfo(user.access_token, sealed))


def test_a_code_says_of_the_person_what_the_session_says(taken):
    """Whatever a request claims of person, levels, factors, times: it is not read."""
    victim = taken.victim
    now = int(time.time())
    code_proof, grant_proof, _, sub = get_code(
        taken, subject=victim.uuid, actor=victim.uuid, session=victim.session, account_level=2,
        authentication_level=4, amr=63, auth_time=now, mandate=bytes(range(16)), mandate_expires_at=2 ** 40,
        expires_at=2 ** 40, grant_ends_at=2 ** 40)
    session = proof_read(taken.user.session_proof)
    for sealed in (code_proof, grant_proof):
        made = proof_read(sealed)
        for name in ("subject", "actor", "session", "account_level", "authentication_level", "amr", "auth_time",
                     "mandate", "mandate_expires_at"):
            assert made[name] == session[name], name
        assert made["expires_at"] <= session["grant_ends_at"] and made["grant_ends_at"] <= session["grant_ends_at"]
    assert sub.decode() == taken.user.sub != victim.sub
    err, why, answer = taken.call("signer", ISSUE_TOKENS, issue_tokens(code_proof, b"own secret"))
    assert err == "ok", why
    claims = jwt_parts(fields_of(answer, 1)[0].decode())[1]
    honest = jwt_parts(taken.user.access_token)[1]
    assert claims["sub"] == honest["sub"] and claims["acr"] == honest["acr"] and claims["auth_time"] == honest["auth_time"]


def test_nothing_widens_on_the_way(taken):
    user = taken.user
    for over in ({"scope": SCOPE + " personal_number"}, {"scope": "admin"}, {"resource": "https://evil.example/"},
                 {"refresh": b"next", "refresh_until": int(time.time()) + 60, "scope": "openid\tadmin"}):
        refused(taken, ISSUE_TOKENS, issue_tokens(user.refresh_proof, user.refresh, **over))
    err, _, answer = taken.call("signer", ISSUE_TOKENS, issue_tokens(
        user.refresh_proof, user.refresh, refresh=b"next", refresh_until=2 ** 40))
    assert err == "ok"
    successor, before = proof_read(fields_of(answer, 3)[2]), proof_read(user.refresh_proof)
    for name in set(before) - {"bearer", "expires_at", "mac"}:
        assert successor[name] == before[name], name
    assert successor["expires_at"] <= before["grant_ends_at"]
    claims = jwt_parts(fields_of(answer, 1)[0].decode())[1]
    assert claims["client_id"] == taken.first.id, "no message names another client"


def test_what_is_bound_to_a_key_stays_bound(taken):
    theirs, own = b64(secrets.token_bytes(32)), b64(secrets.token_bytes(32))
    sealed = get_code(taken, cnf=json.dumps({"jkt": theirs}, separators=(",", ":")))[0]
    for cnf in (None, '{"any":true}', '{"jkt":"%s"}' % own, '{"jkt":"%s","any":true}' % own):
        refused(taken, ISSUE_TOKENS, issue_tokens(sealed, b"own secret", cnf=cnf))
    for cnf in ("", "{}", "x", '{"jkt":"%s","jkt":"%s"}' % (own, theirs), '{"jkt":""}', '{"any":1}'):
        err, _, answer = taken.call("signer", ISSUE_TOKENS, issue_tokens(sealed, b"own secret", cnf=cnf))
        assert err != "ok" and answer == b"", cnf
    err, why, answer = taken.call("signer", ISSUE_TOKENS, issue_tokens(
        sealed, b"own secret", cnf='{"jkt":"%s"}' % theirs, refresh=b"r", refresh_until=int(time.time()) + 60))
    assert err == "ok", why
    access, _, refresh = fields_of(answer, 3)
    assert jwt_parts(access.decode())[1]["cnf"] == {"jkt": theirs}
    refused(taken, ISSUE_TOKENS, issue_tokens(refresh, b"r", cnf='{"jkt":"%s"}' % own))


def test_documents_of_others_stay_closed(taken):
    """With every warrant of somebody who is there, and the documents of somebody who is not."""
    victim, user = taken.victim, taken.user
    theirs = [document(d) for d in victim.documents]
    relabelled = [document(dict(d, identity=user.uuid)) for d in victim.documents]
    moved = [document(dict(d, identity=user.uuid, bucket=user.documents[0]["bucket"], key=user.documents[0]["key"],
                           bucket_version=user.documents[0]["bucket_version"],
                           bucket_key=user.documents[0]["bucket_key"])) for d in victim.documents]
    told = []
    wide = get_code(taken, claims='{"userinfo":["name","birthdate"],"id_token":["name","birthdate","email"]}')[0]
    for given in (theirs, relabelled, moved):
        for one in given:
            err, why, answer = taken.call("signer", PERSON, text(user.session_proof) + text(user.cookie) + one)
            assert err != "ok", why
        for message, op in ((userinfo(user.access_token, user.grant_proof, given), USERINFO),
                            (issue_tokens(wide, b"own secret", documents=given), ISSUE_TOKENS)):
            told.append(taken.call("signer", op, message)[2])
        err, _, answer = taken.call("signer", PASSWORD_WORDS, given[0])
        told.append(answer)
    refused(taken, PERSON, text(user.session_proof) + text(user.cookie) + theirs[0])
    refused(taken, USERINFO, userinfo(user.access_token, victim.grant_proof, theirs))
    for answer in told:
        plain = answer + b"".join(json.dumps(jwt_parts(part.decode())[1], ensure_ascii=False).encode()
                                  for part in re.findall(rb"[\w-]+\.[\w-]+\.[\w-]+", answer))
        for word in (taken.an.name, taken.an.number, taken.an.email, taken.an.birthdate):
            assert word.encode() not in plain and json.dumps(word)[1:-1].encode() not in plain


def test_an_access_token_of_its_own_making_opens_nothing(taken):
    victim, user = taken.victim, taken.user
    head, claims, _ = jwt_parts(user.access_token)
    own = ec_key()
    body = user.access_token.split(".")
    none = b64(json.dumps({"alg": "none", "typ": "at+jwt"}).encode()) + "." + body[1] + "."
    for token in (None, "", "a.b.c", jwt_sign_es256(own, head, dict(claims, sub=victim.sub)), none, user.id_token,
                  ".".join([body[0], b64(json.dumps(dict(claims, sub=victim.sub)).encode()), body[2]])):
        for sealed in (victim.grant_proof, user.grant_proof):
            refused(taken, USERINFO, userinfo(token, sealed, [document(d) for d in victim.documents]))


def test_a_token_of_a_client_is_nobodys(taken):
    """It can have those (docs/threats.md): they say of themselves that they name no person."""
    for name in (taken.first.id, taken.victim.sub):
        err, _, answer = taken.call("signer", CLIENT_TOKEN, text(name) + text(SCOPE) + text(None) + text(None) + u32(0))
        assert err == "ok"
        token = fields_of(answer, 1)[0].decode()
        claims = jwt_parts(token)[1]
        assert claims["sub"] == claims["client_id"] == name and "client" in json.dumps(claims) and "acr" not in claims
        refused(taken, USERINFO, userinfo(token, taken.victim.grant_proof, [document(d) for d in taken.victim.documents]))
        assert taken.first.userinfo(token).status_code in (401, 403)


def test_operations_of_others_are_not_for_it(taken):
    victim = taken.victim
    sealed = document(victim.documents[0])
    row = b"".join(text(x) for x in ("kid", "sign", "ES256", "active", "{}", b"x" * 80)) + i64(0) + i64(0) + u32(1)
    for op, message in (
            (0, b""), (99, b""), (65535, b""), (HELLO, text(taken.issuer) + text(bytes(32)) + text(None) + u32(600) * 3),
            (LOAD_KEYS, i64(2 ** 60) + i64(0) + u32(1) + row), (GENERATE_KEY, text("sign") + text("ES256")),
            (REWRAP, text("bucket") + text(str(victim.documents[0]["bucket"])) + text(victim.documents[0]["bucket_key"])),
            (LOGOUT_TOKEN, victim.uuid + victim.session + text("first") + text("localhost") + text("ES256") + text("j")),
            (IDENTITY_OPEN, text("root") + text("reason") + sealed), (LOOKUP_DIGESTS, text("personal_number") + text(taken.an.number)),
            (ADDRESS_OPEN, text("root") + text(bytes(60)))):
        refused(taken, op, message)


def test_nothing_signs_what_it_likes(taken):
    """All operations with what looks like claims: no answer holds them signed."""
    wish = json.dumps({"iss": taken.issuer, "sub": taken.victim.sub, "aud": "first", "exp": 2 ** 33})
    for op in range(20):
        answer = taken.call("signer", op, text(wish) * 3)[2]
        assert b"." not in answer or op == KEY_SET, op
    err, why, answer = taken.call("signer", CLIENT_TOKEN, text('x","sub":"%s' % taken.victim.sub) + text(wish) + text(None)
                                  + text('{"sub":"x"}') + u32(2 ** 31))
    if err == "ok":
        claims = jwt_parts(fields_of(answer, 1)[0].decode())[1]
        assert claims["sub"] != taken.victim.sub and claims["exp"] < time.time() + 10 ** 5


# The verifier -------------------------------------------------------------------------------------


def test_a_verifier_does_for_it_what_the_person_proves(taken):
    victim, user = taken.victim, taken.user
    rid, new = secrets.token_bytes(16), "gò bồng đảo xa tít mù khơi 77"
    change = (text("x") + text(new) + text(None) + text("127.0.0.1") + text(None) + u8(0) + rid)
    first = text(new) + text("words") + text(None) + NONE32 + bytes(16) + i64(2 ** 40) + rid
    attempts = [(0, b""), (99, b""), (V_HELLO, text(bytes(32)) + text(None)),
                (V_SET_PASSWORD, victim.uuid + text(new) + text(None) + text("root") + rid),
                (V_MAKE_CODE, victim.uuid + u8(1) + text("root") + rid),
                (V_CHANGE_PASSWORD, text(victim.session_proof) + text(user.cookie) + change),
                (V_CHANGE_PASSWORD, text(victim.session_proof) + text(None) + change),
                (V_CHANGE_PASSWORD, text(user.refresh_proof) + text(user.refresh) + change),
                (V_FIRST_PASSWORD, text(user.session_proof) + text(user.cookie) + first),
                (V_FIRST_PASSWORD, text(victim.session_proof) + text(None) + first)]
    for op, message in attempts:
        with logged(taken, "warrant.refused"):
            err, why, answer = taken.call("verifier", op, message)
        assert err == "denied" and answer == b"", (op, err, why)
    edited = dict(proof_read(user.session_proof), subject=victim.uuid)
    with logged(taken, "warrant.refused"):
        assert taken.call("verifier", V_CHANGE_PASSWORD, text(proof_write(edited)) + text(user.cookie) + change)[0] == "denied"
    taken.first.log_in(taken.an)  # with the password as it was


# Everybody's channels -----------------------------------------------------------------------------


def test_garbage_on_every_channel_ends_its_own_channels_only(taken):
    before = others(taken)
    mark = taken.log_mark()
    attempts = [{"do": "garble", "hex": garbage.hex()} for garbage in (
        b"\xff" * 64, b"\x00", b"\x7f\xff\xff\xff" + bytes(12), bytes(4) + b"\x00\x08" + bytes(10), bytes(100000))]
    with logged(taken, "peer.lost"), pytest.raises(Killed):  # afterwards it ends itself: others take its place
        taken.orders([*attempts, {"do": "syscall", "nr": NUMBERS["execve"], "args": ["/bin/true", 0, 0]}])
    taken.wait_ready()
    lines = taken.log()[mark:]
    assert others(taken) == before and "process=signer" in lines
    assert not [line for line in lines.splitlines() if "event=process.died" in line and "name=web" not in line]
    taken.first.log_in(taken.an)


def test_a_process_that_was_cut_off_is_replaced_in_order(taken):
    """Its signers and verifiers closed its channels for good: it finishes, and a fresh one gets channels of its own."""
    taken.wait_ready()
    before, mark = others(taken), taken.log_mark()
    with logged(taken, "process.cut_off"):
        pid, _ = taken.orders([{"do": "garble", "hex": "ff" * 64}])
    while pid in taken.roles()["web"]:
        time.sleep(0.01)
    told = taken.log_lines("process.cut_off", mark)
    assert len(told) == 1 and "name=web" in told[0] and f" pid={pid} " in told[0], "once, whoever else closed a channel"
    assert not taken.log_lines("process.died", mark)
    while len(taken.roles()["web"]) < taken.options["processes"]["web"]:
        time.sleep(0.01)
    taken.wait_ready()
    for _ in range(4):
        taken.first.log_in(taken.an)
    assert others(taken) == before


def frame(op, payload=b"", times=1):
    return b"".join(struct.pack(">IHHQ", len(payload), op, 0, call) + payload for call in range(times))


def test_answers_that_are_not_read_keep_nobody_from_serving_others(taken):
    """It asks every signer and verifier for more than a socket holds, and reads nothing."""
    before = others(taken)
    ordered = threading.Thread(target=pytest.raises, daemon=True, args=(Killed, taken.orders, [
        {"do": "garble", "hex": frame(KEY_SET, times=3000).hex()},
        {"do": "syscall", "nr": NUMBERS["ppoll"], "args": [0, 0, 0, 0, 0]}]))  # for ever
    with logged(taken, "peer.lost", 2):
        ordered.start()
    new_client(taken, "beside").log_in(taken.an)
    assert ordered.is_alive() and "does not read" in taken.log()
    for pid in taken.roles()["web"]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    ordered.join(60)
    taken.wait_ready()
    assert others(taken) == before


def test_a_process_says_once_that_it_is_ready(taken):
    """What it says goes to the admin process, which keeps it for as long as it lives."""
    pid, _ = taken.orders([{"do": "garble", "hex": frame(CONTROL_READY, b"never told").hex()}])
    with logged(taken, "process.died"):  # and again by another's end, after which all are told of
        os.kill(next(other for other in taken.roles()["web"] if other != pid), signal.SIGKILL)
    taken.wait_ready()
    assert "never told" not in str(taken.ctl("status"))


def test_the_board_of_metrics_takes_nobody_down(taken):
    before = others(taken)
    address = "http://" + taken.options["metrics"]["listen"] + "/metrics"
    for byte in (255, 0, 65, 128):
        taken.attempt({"do": "scribble", "byte": byte})
        with taken.session() as s:
            assert s.get(address, timeout=60).status_code == 200
        taken.first.log_in(taken.an)
        taken.ctl("status")
    assert others(taken) == before


# The database -------------------------------------------------------------------------------------


def database_log(service):
    out = ""
    for path in glob.glob(service.postgres.directory + "/log/*"):
        with open(path, encoding="utf-8", errors="replace") as log:
            out += log.read()
    return out


def rights_of_web():
    """{object: {letter: None (all columns) or a set of columns}} of migrations/rights.list."""
    out = {}
    with open(ROOT + "/migrations/rights.list") as lines:
        for line in lines:
            role, _, rest = line.strip().partition(" ")
            if role == "web":
                name, _, rights = rest.partition(" ")
                out[name] = {right[0]: set(right[2:-1].split(",")) if "(" in right else None
                             for right in rights.split() if right[0] in "SIUD"}
    return out


def test_it_reads_and_writes_no_table_or_column_of_others(taken):
    """Each table and column that migrations/rights.list does not give it."""
    have = rights_of_web()
    columns, views = {}, set()
    for table, column, kind in taken.query("""
            SELECT c.relname, a.attname, c.relkind FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'authd'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0
              AND NOT a.attisdropped"""):
        columns.setdefault(table, []).append(column)
        views |= {table} if kind in ("v", "m") else set()
    assert {"credential", "keystore_key", "keystore_verifier", "one_time_code", "audit"} <= set(columns)
    statements = []
    for table, names in columns.items():
        mine = have.get(table, {})

        def may(letter, column):
            return letter in mine and (mine[letter] is None or column in mine[letter])
        quoted = f'authd."{table}"'
        statements += [f'SELECT "{c}" FROM {quoted} LIMIT 1' for c in names if not may("S", c)]
        statements += [f'UPDATE {quoted} SET "{c}" = DEFAULT WHERE false' for c in names if not may("U", c)]
        statements += [f"INSERT INTO {quoted} DEFAULT VALUES"] if "I" not in mine else []
        statements += [f"DELETE FROM {quoted} WHERE false"] if "D" not in mine else []
        statements += [f"TRUNCATE {quoted}"] if table not in views else []
    before = database_log(taken).count("permission denied for")
    told = taken.orders([{"do": "sql", "sql": one} for one in statements])[1]
    allowed = [(s, t["state"], t["why"]) for s, t in zip(statements, told) if t["state"] != "42501"]
    assert len(statements) > 300 and not allowed
    assert database_log(taken).count("permission denied for") >= before + len(statements), "PostgreSQL's log names each"


def test_it_gets_no_more_from_the_database(taken):
    for statement in ("SET ROLE authd_admin", "SET SESSION AUTHORIZATION authd_owner", "SELECT authd.audit_partitions(1)",
                      "COPY authd.province TO PROGRAM 'true'", "COPY authd.province TO '/tmp/x'",
                      "SELECT pg_read_file('/etc/passwd')", "SELECT lo_import('/etc/passwd')", "SELECT * FROM pg_authid",
                      "SELECT * FROM pg_hba_file_rules", "CREATE TABLE authd.x (y int)", "CREATE TEMPORARY TABLE x (y int)",
                      "CREATE FUNCTION authd.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE EXTENSION dblink",
                      "ALTER ROLE authd_web SUPERUSER", "ALTER TABLE authd.audit DISABLE TRIGGER ALL",
                      "SET session_replication_role = replica", "GRANT SELECT ON authd.credential TO authd_web",
                      "ALTER SYSTEM SET log_statement = 'none'", "SELECT pg_reload_conf()", "LISTEN x; DROP SCHEMA authd"):
        told = taken.sql(statement)
        assert told["state"].startswith("42"), (statement, told)
    for role in ("admin", "verifier", "clerk", "courier", "owner"):
        told = taken.sql("SELECT 1", user="authd_" + role)
        assert told["state"] == "connection" and "authentication failed" in told["why"], told
    assert "authentication failed" in taken.sql("SELECT 1", user="postgres")["why"]


def test_what_it_writes_into_the_tables_gives_it_nobodys_token(taken):
    """It may write sessions, codes and grants; what counts is the proof in them, and those it can't write."""
    victim, user = taken.victim, taken.user
    own = hashlib.sha256(b"mine").hexdigest()
    theirs = f"WHERE id = '{victim.session.hex()}'"
    assert taken.sql(f"UPDATE authd.session SET hash = '\\x{own}', expires_at = now() + interval '1 day' {theirs}"
                     )["state"] == "00000"
    refused(taken, ISSUE_CODE, issue_code(victim.session_proof, b"mine", **wanted_code(taken)))
    mine = f"WHERE id = '{user.session.hex()}'"
    assert taken.sql(f"UPDATE authd.session SET subject_id = '{victim.id}', actor_id = '{victim.id}', account_level = 2, "
                     f"authentication_level = 4 {mine}")["state"] == "00000"
    assert get_code(taken)[3].decode() == user.sub


# The key set --------------------------------------------------------------------------------------


def test_a_key_set_of_its_own_is_believed_by_no_portal_of_ours(taken):
    own, root = ec_key(), taken.ctl("keys", "root")
    head, claims, _ = jwt_parts(taken.user.access_token)
    forged = jwt_sign_es256(own, dict(head, kid="own"), dict(claims, sub=taken.victim.sub))
    jwks = json.dumps({"keys": [ec_jwk(own, "own")]})
    real = jwt_parts(taken.get("/jwks.jwt").text)
    signed = jwt_sign_es256(own, real[0], dict(real[1], keys=[ec_jwk(own, "own")]))

    def verify(token, *pinned):
        return subprocess.run([BUILD + "/eid_verify", taken.issuer, taken.first.id, taken.issuer, "cold", "", *pinned],
                              input=token + "\n", capture_output=True, text=True, timeout=60, check=True).stdout
    assert verify(taken.user.access_token, json.dumps(root)).startswith("EID_OK")
    poisoned, end = set(), time.monotonic() + 60
    while not poisoned >= set(taken.roles()["web"]) and time.monotonic() < end:  # one may just have been replaced
        poisoned.add(taken.orders([{"do": "publish", "jwks": jwks, "signed": signed}])[0])
    assert poisoned >= set(taken.roles()["web"])
    assert taken.get("/jwks").text == jwks, "it does publish"
    assert verify(forged, json.dumps(root)).startswith("EID_KEYS_FORGED")
    assert verify(forged).startswith("EID_OK"), "who pins no root believes it: docs/threats.md"


def test_the_product_has_none_of_this():
    for program, there in (("authd", False), ("authd_hijacked", True)):
        with open(f"{BUILD}/{program}", "rb") as file:
            assert (b"scribble" in file.read()) == there
