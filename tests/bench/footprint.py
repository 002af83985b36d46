"""What authd needs when it does nothing: memory of all its processes, idle and with many idle TLS
connections, and the time from its start until it serves.  Memory is PSS from /proc (pages shared by
several processes are counted once in all) without the arenas in which verifiers hash passwords, whose
size is the configured cost."""
import re
import resource
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor

from harness.service import Service

IDLE_MS = 600000  # connections are to stay for as long as we look
HANDSHAKES_AT_A_TIME = 8


def tree(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [pid] + [p for child in file.read().split() for p in tree(int(child))]


def process_kib(pid, arena_kib):
    """An arena is an anonymous mapping of a verifier, at least as large as a hash needs."""
    kib, size, anonymous = 0, 0, False
    with open(f"/proc/{pid}/comm") as file:
        verifier = file.read().strip() == "authd-verifier"
    with open(f"/proc/{pid}/smaps") as file:
        for line in file:
            head = re.match(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)", line)
            if head:
                anonymous = head.group(1) == ""
            elif line.startswith("Size:"):
                size = int(line.split()[1])
            elif line.startswith("Pss:") and not (verifier and anonymous and size >= arena_kib):
                kib += int(line.split()[1])
    return kib


def memory_mb(pid, arena_kib):
    return sum(process_kib(one, arena_kib) for one in tree(pid)) / 1024


def is_ready(port):
    request = f"GET /health/ready HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as one:
            one.sendall(request.encode())
            return one.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def start_ms(service):
    """From a stopped service that has run before (its keys are made) to the first 200 of /health/ready."""
    service.stop()
    begin = time.monotonic()
    service.start(wait=False)
    while not is_ready(service.port):
        if time.monotonic() - begin > 60 or service.process.poll() is not None:
            raise RuntimeError(f"authd does not become ready:\n{service.log()[-2000:]}")
        time.sleep(0.002)
    taken = (time.monotonic() - begin) * 1000
    service.wait_ready()
    return taken


def hold(service, context):
    """One TLS connection that has asked once; only its descriptor is kept."""
    with socket.create_connection(("127.0.0.1", service.port), 30) as plain:
        tls = context.wrap_socket(plain, server_hostname="localhost")
    tls.sendall(f"GET /health/ready HTTP/1.1\r\nHost: localhost:{service.port}\r\n\r\n".encode())
    if not tls.recv(4096).startswith(b"HTTP/1.1 200"):
        raise RuntimeError("a connection that was to be held is refused")
    return socket.socket(fileno=tls.detach())


def memory(postgres, build, connections, argon2):
    """Megabytes when idle, and with so many idle TLS connections."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # as a unit's LimitNOFILE does for a service
    service = Service(postgres, build, {
        "passwords": argon2, "processes": {"web": 0, "signer": 0, "verifier": 0}, "log": {"level": "warn"},
        "server": {"connections_max": connections + 100, "connections_per_address": 0,
                   "idle_timeout_ms": IDLE_MS}}, tls=True)
    held = []
    try:
        service.migrate()
        service.start()
        idle = memory_mb(service.process.pid, argon2["argon2_memory_kib"])
        context = ssl.create_default_context(cafile=service.ca_file)
        with ThreadPoolExecutor(HANDSHAKES_AT_A_TIME) as pool:
            held = list(pool.map(lambda _: hold(service, context), range(connections)))
        full = memory_mb(service.process.pid, argon2["argon2_memory_kib"])
    finally:
        for one in held:
            one.close()
        service.close()
    return idle, full
