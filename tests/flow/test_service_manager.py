"""systemd's two protocols: the socket it opened is served, and it hears how the service is."""
import os
import queue
import select
import signal
import socket
import threading
import time
from contextlib import contextmanager

import pytest

PATIENCE = 60


class Manager:
    """What listens at NOTIFY_SOCKET, and hears all the time, as systemd does."""

    def __init__(self, directory):
        self.path = str(directory / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        os.chmod(self.path, 0o666)
        self.said = queue.Queue()
        self.hearing = threading.Lock()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._listen)
        self.thread.start()

    def _listen(self):
        while not self.over.is_set():
            with self.hearing:
                while select.select([self.socket], [], [], 0)[0]:
                    self.said.put(self.socket.recv(4096).decode().split("\n"))
            self.over.wait(0.02)

    def hear(self, word):
        """Waits until something with this line is said; gives all lines until then."""
        heard, end = [], time.monotonic() + PATIENCE
        while word not in heard:
            try:
                heard += self.said.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"the manager was not told {word}; it heard {heard[-20:]}")
        return heard

    @contextmanager
    def busy(self):
        """Does not hear, and its queue is full."""
        with self.hearing, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.setblocking(False)
            with pytest.raises(BlockingIOError):
                while True:
                    s.sendto(b"STATUS=something else", self.path)
            yield

    def close(self):
        self.over.set()
        self.thread.join()
        self.socket.close()


@pytest.fixture
def manager(tmp_path):
    m = Manager(tmp_path)
    yield m
    m.close()


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
    service = make_service(start=False)
    service.start(wait=False, manager={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": 400000})
    assert "STATUS=serving" in manager.hear("READY=1")
    assert len(service.children()) >= 6, "all processes run when readiness is told"
    service.wait_ready()
    assert manager.hear("WATCHDOG=1") and manager.hear("WATCHDOG=1")
    service.reload()
    reloading = manager.hear("RELOADING=1")
    assert any(line.startswith("MONOTONIC_USEC=") for line in reloading)
    manager.hear("READY=1")
    for pid in service.children():
        with open(f"/proc/{pid}/environ", "rb") as file:
            assert b"NOTIFY_SOCKET" not in file.read(), "no child can speak for the service"
    service.process.terminate()
    manager.hear("STOPPING=1")
    assert service.process.wait(20) == 0


def test_an_upgrade_tells_the_main_process_and_goes_on_telling(make_service, manager):
    service = make_service({"server": {"idle_timeout_ms": 500}}, start=False)
    service.start(wait=False, manager={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": 400000})
    manager.hear("READY=1")
    service.wait_ready()
    old, _ = service.upgrade()
    lines = manager.hear(f"MAINPID={service.process.pid}")
    assert "RELOADING=1" in lines and "READY=1" not in lines, "the old one speaks last"
    assert "STATUS=serving" in manager.hear("READY=1")
    assert old.wait(20) == 0
    assert manager.hear("WATCHDOG=1")
    with open(f"/proc/{service.children()[0]}/environ", "rb") as file:
        assert b"NOTIFY_SOCKET" not in file.read()
    service.process.terminate()
    manager.hear("STOPPING=1")
    assert service.process.wait(20) == 0


def test_what_a_busy_manager_must_know_waits_for_it(make_service, manager):
    service = make_service(start=False)
    service.start(wait=False, manager={"NOTIFY_SOCKET": manager.path})
    manager.hear("READY=1")
    with manager.busy():
        service.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 1
        while service.log().count("event=config.loaded") < 2 and time.monotonic() < end:
            time.sleep(0.02)
            service.process.send_signal(signal.SIGCHLD)  # a signal ends no wait
    manager.hear("RELOADING=1")
    manager.hear("READY=1")


def test_a_manager_that_hears_nothing_any_more_does_not_keep_the_service(make_service, manager):
    service = make_service(start=False)
    service.start(wait=False, manager={"NOTIFY_SOCKET": manager.path})
    manager.hear("READY=1")
    with manager.busy():
        service.process.terminate()
        assert service.process.wait(PATIENCE) == 0
    assert service.log_lines("manager.unheard")


def test_a_refused_reload_says_so_and_serves_on(make_service, manager):
    service = make_service(start=False)
    service.start(wait=False, manager={"NOTIFY_SOCKET": manager.path})
    manager.hear("READY=1")
    with open(service.conf_path, "a") as out:
        out.write("nonsense = 1\n")
    service.process.send_signal(signal.SIGHUP)
    manager.hear("RELOADING=1")
    assert any("refused" in line for line in manager.hear("READY=1"))
    assert service.get("/health/live").status_code == 200
