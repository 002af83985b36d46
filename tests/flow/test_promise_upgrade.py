"""Promise 7: the exchange of all processes for those of the program installed now: nobody is refused, and what can't
serve does not come to serve."""
import os
import shutil
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.load import Load
from harness.ports import free_port
from harness.service import CommandFailed, Service
from harness.wait import until
from harness.world import BUILD, populate

FAST = {"server": {"idle_timeout_ms": 1000}}


def gone(pids):
    return not any(os.path.exists(f"/proc/{pid}") for pid in pids)


def own_program(service):
    """The daemon from a place where the test may replace it."""
    place = service.directory + "/bin"
    os.mkdir(place)
    for name in (service.program, "authctl"):
        shutil.copy(f"{service.build}/{name}", f"{place}/{name}")
    service.build = place
    return f"{place}/{service.program}"


def replace(path, with_path):
    shutil.copy(with_path, path + ".new")
    os.rename(path + ".new", path)


@pytest.fixture(scope="module")
def plain(postgres):
    """One authd for the stories without TLS, on a program of its own."""
    made = Service(postgres, BUILD, FAST)
    own_program(made)
    try:
        made.migrate()
        made.start()
        yield populate(made)
    finally:
        made.close()
    assert "AddressSanitizer" not in made.last_log and "runtime error:" not in made.last_log


def stays(service, before, pid, cause):
    assert cause in service.log_lines("upgrade.refused")[-1]
    assert service.process.poll() is None and service.process.pid == pid
    until(lambda: service.roles() == before)  # the new ones are gone
    assert service.get("/health/ready").status_code == 200
    assert service.ctl("status")["pid"] == pid


def test_what_can_not_serve_leaves_the_old_in_place(plain):
    before, pid, program = plain.roles(), plain.process.pid, f"{plain.build}/{plain.program}"
    # its configuration; authctl reads it, too, and would not come as far
    plain.options["no_such_option"] = 1
    plain.write_config()
    plain.process.send_signal(signal.SIGUSR2)
    plain.wait_log("event=upgrade.refused", seconds=60)
    del plain.options["no_such_option"]
    plain.write_config()
    stays(plain, before, pid, "no_such_option")

    replace(program, "/bin/false")
    with pytest.raises(CommandFailed) as refused:
        plain.upgrade()
    assert "the old processes stay" in str(refused.value) and "ended before it was ready" in str(refused.value)
    replace(program, f"{BUILD}/{plain.program}")
    stays(plain, before, pid, "ended before it was ready")

    # a schema it does not fit; the running connections hold their plans
    plain.query("ALTER TABLE session RENAME COLUMN device TO devices")
    with pytest.raises(CommandFailed) as refused:
        plain.upgrade()
    assert "authctl migrate" in str(refused.value)
    plain.query("ALTER TABLE session RENAME COLUMN devices TO device")
    stays(plain, before, pid, "authctl migrate")


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_nobody_is_refused_while_all_processes_are_exchanged_twice(request, make_service, tls):
    service = make_service(FAST, tls=True) if tls else request.getfixturevalue("plain")
    with Load(service) as load:
        load.go_on(3)
        old, children = service.upgrade()
        load.go_on(3)
        second, more = service.upgrade()
        load.go_on(3)
        assert second.pid != old.pid and not set(children) & set(more)
        # Nobody's connection was cut, so the old processes end when the last one was closed in order.
        assert old.wait(30) == 0
        second.wait(30)
        until(lambda: gone(children + more))
        load.go_on(1)
    assert any(caller.closes for caller in load.callers if caller.kept)
    assert service.get("/health/ready").status_code == 200
    assert service.ctl("status")["pid"] == service.process.pid
    with open(service.options["run_dir"] + "/authd.pid") as file:
        assert int(file.read()) == service.process.pid
    roles = service.roles()
    assert len(roles["web"]) == 2 and len(roles["admin"]) == 1
    assert not service.log_lines("process.died"), service.log_lines("process.died")


def test_a_connection_that_says_nothing_yet_is_answered_by_the_old_processes(plain):
    service = plain
    request = f"GET /health/ready HTTP/1.1\r\nHost: localhost:{service.port}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as fresh, \
            socket.create_connection(("127.0.0.1", service.port), timeout=60) as idle:
        idle.sendall(request)
        assert idle.recv(65536).startswith(b"HTTP/1.1 200")
        fresh.sendall(request[:10])
        old, _ = service.upgrade()
        fresh.sendall(request[10:])
        answer = fresh.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200") and b"\r\nConnection: close" in answer
        assert fresh.recv(10) == b""
        assert idle.recv(10) == b"", "an idle connection ends in order when it would have ended anyway"
    assert old.wait(20) == 0


def test_a_changed_address_is_listened_on_after_the_exchange(plain):
    service = plain
    before = service.port
    service.port = free_port()
    service.options["server"]["listen"] = f"127.0.0.1:{service.port}"
    service.write_config()
    old, _ = service.upgrade()
    service.issuer = f"http://localhost:{before}"
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as s:
        s.sendall(f"GET /health/live HTTP/1.1\r\nHost: localhost:{before}\r\nConnection: close\r\n\r\n".encode())
        assert s.recv(65536).startswith(b"HTTP/1.1 200")
    assert old.wait(20) == 0
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", before), timeout=60)


def test_a_migration_that_must_wait_for_a_backup_keeps_no_login_waiting(make_service):
    """A dump reads every table, and holds them all until its end."""
    service = make_service()
    service.query("ALTER TABLE audit ADD CONSTRAINT audit_pkey PRIMARY KEY (bucket, at, id)")
    service.query("DELETE FROM schema_migration WHERE version = 22")
    with ThreadPoolExecutor(2) as others:
        backup = others.submit(service.query, "DO $$ BEGIN PERFORM FROM audit; PERFORM pg_sleep(9); END $$")
        until(lambda: service.query("SELECT count(*) > 0 FROM pg_locks WHERE relation = 'audit'::regclass "
                                    "AND mode = 'AccessShareLock' AND pid <> pg_backend_pid()") == [(True,)])
        migration = others.submit(service.migrate)
        while not backup.done():
            assert service.first.log_in(service.an)["access_token"]
        migration.result(timeout=60)
        backup.result()
    assert service.query("SELECT count(*) FROM schema_migration WHERE version = 22") == [(1,)]
