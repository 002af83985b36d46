"""What tests/upgrade/run does when both versions are built: rehearsal.py OLD_BUILD NEW_BUILD."""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.load import Load  # noqa: E402
from harness.ports import free_port  # noqa: E402
from harness.service import Service  # noqa: E402
from harness.world import drop_postgres, new_postgres, populate  # noqa: E402

FAST = {"server": {"idle_timeout_ms": 2000}, "processes": {"web": 2, "signer": 1, "verifier": 1}}


def say(text):
    print("upgrade:", text, flush=True)


class Balancer:
    """What stands in front of two nodes: bytes go to the node chosen when a connection begins."""

    def __init__(self, port):
        self.to, self.open = None, []
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                node = socket.create_connection(("127.0.0.1", self.to))
            except OSError:  # it has not begun yet
                client.close()
                continue
            self.open.append((client, node))
            for source, sink in ((client, node), (node, client)):
                threading.Thread(target=self.carry, args=(source, sink), daemon=True).start()

    @staticmethod
    def carry(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def switch(self, node):
        """From now on that one; nobody is in the middle of a request."""
        self.to = node.port
        for pair in self.open:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.open = []

    def close(self):
        self.listener.close()


def install(service, build):
    """As a package does: another file under the same name."""
    for name in ("authd", "authctl"):
        shutil.copy(f"{build}/{name}", f"{service.build}/{name}.new")
        os.rename(f"{service.build}/{name}.new", f"{service.build}/{name}")


def configure(service, build):
    """The configuration as far as this version knows its options."""
    service.options = json.loads(json.dumps(service.all_options))
    while True:
        service.write_config()
        done = subprocess.run([f"{build}/authctl", "-c", service.conf_path, "migrate", "--dry-run"],
                              capture_output=True, text=True, check=False)
        unknown = re.search(r"no such option '([^']+)'", done.stderr)
        if not unknown:
            return
        section = service.options
        *path, name = unknown[1].split(".")
        for part in path:
            section = section[part]
        del section[name]


def schema(service):
    return service.query("SELECT max(version) FROM schema_migration")[0][0]


def own_place(postgres, build, overrides=None):
    service = Service(postgres, build, overrides or FAST)
    place = service.directory + "/bin"
    os.mkdir(place)
    service.build = place
    install(service, build)
    service.all_options = service.options
    configure(service, build)
    return service


def one_node(old, new):
    postgres = new_postgres()
    service = own_place(postgres, old)
    try:
        service.migrate()
        service.start()
        populate(service)
        before = schema(service)
        say(f"N-1 serves on schema {before}")
        with Load(service) as load:
            load.go_on(10)
            install(service, new)
            configure(service, new)
            service.migrate()
            after = schema(service)
            assert after > before, f"N brings no migration: the schema was {before} and is {after}"
            load.go_on(20)
            say(f"N-1 serves on schema {after}: {load.answered()} requests so far, none failed")
            parent, _ = service.upgrade()
            load.go_on(20)
            parent.wait(60)
            load.go_on(5)
            assert not load.failures(), load.failures()
            say(f"N serves: {load.answered()} requests, none failed; the processes of N-1 are gone")
        assert service.ctl("status")["ready"]
    finally:
        service.close()
        drop_postgres(postgres)


def second_node(first, build, port):
    """Another machine: the same database, keys and configuration, another address."""
    two = own_place(first.postgres, build)
    two.database, two.issuer, two.port = first.database, first.issuer, port
    for name in os.listdir(first.directory + "/secrets"):
        shutil.copy(first.secret_path(name), two.secret_path(name))
    two.all_options["issuer"] = first.issuer
    two.all_options["server"]["listen"] = f"127.0.0.1:{port}"
    two.all_options["database"]["name"] = first.database
    ledger = first.options.get("erasures", {}).get("ledger_file")
    if ledger and os.path.exists(ledger):
        shutil.copy(ledger, two.all_options["erasures"]["ledger_file"])
    configure(two, build)
    return two


def two_nodes(old, new):
    postgres = new_postgres()
    a = own_place(postgres, old)
    balancer = Balancer(a.port)
    b = None
    try:
        a.port = free_port()
        a.all_options["server"]["listen"] = f"127.0.0.1:{a.port}"
        configure(a, old)
        a.migrate()
        balancer.to = a.port
        a.start()
        populate(a)
        install(a, new)
        configure(a, new)
        a.migrate()
        install(a, old)
        configure(a, old)
        b = second_node(a, new, free_port())
        balancer.switch(b)
        b.start()
        say("a node of N-1 and one of N on one database")
        crossed(a, b, balancer)
        crossed(b, a, balancer)
        say("each takes the other's sessions, login proofs, codes and tokens, both ways")
    finally:
        if b is not None:
            b.close()
        a.close()
        balancer.close()
        drop_postgres(postgres)


def crossed(one, other, balancer):
    """A login on one; everything that follows from it on the other, and back."""
    first = one if hasattr(one, "first") else other
    client, person = first.first, first.an
    balancer.switch(one)
    browser = client.browser()
    tokens = client.log_in(person, browser, scope="openid profile offline_access")
    balancer.switch(other)
    assert client.introspect(tokens["access_token"])["active"] is True
    assert client.userinfo(tokens["access_token"]).json()["name"] == person.name
    for node in (one, other, one, other):
        answer = client.refresh(tokens["refresh_token"])
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        balancer.switch(node)
    # the session of one is a login at the other, whose code the first redeems
    balancer.switch(other)
    attempt, left = client.authorize(browser, person)
    balancer.switch(one)
    again = client.redeem(attempt, left)
    assert again.status_code == 200, again.text
    balancer.switch(other)
    assert client.revoke(tokens["refresh_token"]).status_code == 200
    balancer.switch(one)
    assert client.introspect(tokens["access_token"]) == {"active": False}


def main():
    old, new = sys.argv[1:3]
    began = time.monotonic()
    one_node(old, new)
    two_nodes(old, new)
    say(f"held, in {time.monotonic() - began:.0f} s")


main()
