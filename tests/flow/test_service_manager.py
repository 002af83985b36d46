"""systemd's two protocols: the socket it opened is served, and it hears how the service is."""
import os
import socket

import pytest


@pytest.fixture
def manager(tmp_path):
    """Where a service manager listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        # A relative path keeps the address short; ours is given absolute.
        path = str(tmp_path / "notify")
        s.bind(path)
        os.chmod(path, 0o666)
        s.settimeout(20)
        yield path, s


def hear(s, word):
    """Waits for a datagram with this line; gives all lines heard until then."""
    heard = []
    while True:
        heard += s.recv(4096).decode().split("\n")
        if word in heard:
            return heard


def listening(port, host="127.0.0.1"):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((host, port))
    return s


def refusal(service, sockets):
    service.start(wait=False, manager={}, sockets=sockets)
    assert service.process.wait(20) == 1
    assert "event=config.refused" in service.log()
    return service.log()


def test_refuses_a_socket_that_listens_elsewhere(make_service):
    service = make_service(start=False)
    with listening(0) as other:
        other.listen()
        assert "ListenStream= and server.listen agree" in refusal(service, [other])


def test_refuses_a_socket_that_does_not_listen(make_service):
    service = make_service(start=False)
    with listening(service.port) as s:
        assert "does not listen on" in refusal(service, [s])


def test_refuses_two_sockets(make_service):
    service = make_service(start=False)
    with listening(service.port) as one, listening(0) as two:
        one.listen()
        two.listen()
        assert "passes 2 sockets" in refusal(service, [one, two])


def test_sockets_meant_for_another_process_are_left_alone(make_service):
    service = make_service(start=False)
    os.environ.update(LISTEN_PID="1", LISTEN_FDS="1")
    try:
        service.start()
    finally:
        del os.environ["LISTEN_PID"], os.environ["LISTEN_FDS"]
    assert service.get("/health/ready").status_code == 200


def test_a_passed_socket_is_served_and_what_came_before_the_start_is_answered(make_service):
    service = make_service(start=False)
    with listening(service.port) as s:
        s.listen(64)
        with socket.create_connection(("127.0.0.1", service.port)) as early:
            early.sendall(f"GET /health/live HTTP/1.1\r\nHost: localhost:{service.port}\r\n\r\n".encode())
            service.start(manager={}, sockets=[s])
            early.settimeout(10)
            assert early.recv(4096).startswith(b"HTTP/1.1 200")
        service.stop()
        # The manager's socket outlives us: the next one finds what queued up meanwhile.
        with socket.create_connection(("127.0.0.1", service.port)) as early:
            early.sendall(f"GET /health/live HTTP/1.1\r\nHost: localhost:{service.port}\r\n\r\n".encode())
            service.start(manager={}, sockets=[s])
            early.settimeout(10)
            assert early.recv(4096).startswith(b"HTTP/1.1 200")


def test_readiness_reload_watchdog_and_the_end_are_told(make_service, manager):
    path, heard = manager
    service = make_service(start=False)
    service.start(wait=False, manager={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": 400000})
    assert "STATUS=serving" in hear(heard, "READY=1")
    assert len(service.children()) >= 6, "all processes run when readiness is told"
    service.wait_ready()
    assert hear(heard, "WATCHDOG=1") and hear(heard, "WATCHDOG=1")
    service.reload()
    reloading = hear(heard, "RELOADING=1")
    assert any(line.startswith("MONOTONIC_USEC=") for line in reloading)
    hear(heard, "READY=1")
    for pid in service.children():
        with open(f"/proc/{pid}/environ", "rb") as file:
            assert b"NOTIFY_SOCKET" not in file.read(), "no child can speak for the service"
    service.process.terminate()
    hear(heard, "STOPPING=1")
    assert service.process.wait(20) == 0


def test_an_upgrade_tells_the_main_process_and_goes_on_telling(make_service, manager):
    path, heard = manager
    service = make_service({"server": {"idle_timeout_ms": 500}}, start=False)
    service.start(wait=False, manager={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": 400000})
    hear(heard, "READY=1")
    service.wait_ready()
    old, _ = service.upgrade()
    lines = hear(heard, f"MAINPID={service.process.pid}")
    assert "RELOADING=1" in lines and "READY=1" not in lines, "the old one speaks last"
    assert "STATUS=serving" in hear(heard, "READY=1")
    assert old.wait(20) == 0
    assert hear(heard, "WATCHDOG=1")
    with open(f"/proc/{service.children()[0]}/environ", "rb") as file:
        assert b"NOTIFY_SOCKET" not in file.read()
    service.process.terminate()
    hear(heard, "STOPPING=1")
    assert service.process.wait(20) == 0


def test_a_refused_reload_says_so_and_serves_on(make_service, manager):
    path, heard = manager
    service = make_service(start=False)
    service.start(wait=False, manager={"NOTIFY_SOCKET": path})
    hear(heard, "READY=1")
    with open(service.conf_path, "a") as out:
        out.write("nonsense = 1\n")
    service.process.send_signal(1)
    hear(heard, "RELOADING=1")
    assert any("refused" in line for line in hear(heard, "READY=1"))
    assert service.get("/health/live").status_code == 200
