"""Three database hosts and one for authd, each in a network namespace of its own, made of Debian's parts and of what
docs/high-availability.md says.  Everything lives under one directory and in namespaces of this run's name, and is
ended by process id."""
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time

import requests

from page import HOSTS, blocks, moved, of_host

APP = ("app1", "10.87.0.21")


def sh(*command, **other):
    return subprocess.run(command, check=True, capture_output=True, text=True, **other).stdout


class Network:
    """Namespaces NAME-db1 … NAME-app1 on a bridge in NAME-net.  `cut` takes a host's cable out."""

    def __init__(self, name):
        self.name = name

    def of(self, host):
        return f"{self.name}-{host}"

    def start(self):
        net = self.of("net")
        sh("ip", "netns", "add", net)
        sh("ip", "-n", net, "link", "add", "br0", "type", "bridge")
        sh("ip", "-n", net, "link", "set", "br0", "up")
        for host, address in [*HOSTS.items(), APP]:
            sh("ip", "netns", "add", self.of(host))
            sh("ip", "-n", net, "link", "add", host, "type", "veth", "peer", "name", "eth0", "netns", self.of(host))
            sh("ip", "-n", net, "link", "set", host, "master", "br0", "up")
            sh("ip", "-n", self.of(host), "addr", "add", address + "/24", "dev", "eth0")
            for device in ("eth0", "lo"):
                sh("ip", "-n", self.of(host), "link", "set", device, "up")

    def cut(self, host):
        sh("ip", "-n", self.of("net"), "link", "set", host, "down")

    def join(self, host):
        sh("ip", "-n", self.of("net"), "link", "set", host, "up")

    def pids(self, host):
        done = subprocess.run(["ip", "netns", "pids", self.of(host)], capture_output=True, text=True, check=False)
        return [int(pid) for pid in done.stdout.split()]

    def end(self):
        """Whatever still runs in the namespaces we made is ours; then they go, and the cables with them."""
        for kill, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            until = time.monotonic() + patience
            left = [pid for host in [*HOSTS, APP[0]] for pid in self.pids(host) if pid != os.getpid()]
            for pid in left:
                try:
                    os.kill(pid, kill)
                except ProcessLookupError:
                    pass
            while left and time.monotonic() < until:
                left = [pid for pid in left if os.path.exists(f"/proc/{pid}/ns")
                        and open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1][0] != "Z"]
                time.sleep(0.1)
        for host in [*HOSTS, APP[0], "net"]:
            if os.path.exists("/run/netns/" + self.of(host)):
                sh("ip", "netns", "del", self.of(host))


class Cluster:
    """What the harness calls a PostgreSQL: socket, directory, new_database."""

    def __init__(self, network, directory):
        self.network, self.directory = network, directory
        self.processes = {}
        self.files, self.run_blocks, self.primary_blocks = blocks()
        self.user = pwd.getpwnam("postgres")
        os.makedirs(directory + "/secrets", exist_ok=True)
        self.passwords = {"REPLICATION-PASSWORD": secrets.token_hex(16), "REWIND-PASSWORD": secrets.token_hex(16)}
        self.socket = ",".join(f"{directory}/pgb/{host}" for host in HOSTS)

    # -- files -------------------------------------------------------------------------------

    def places(self, host):
        d = f"{self.directory}/{host}"
        return {"/etc/authd-db": d + "/tls", "/var/lib/etcd": d + "/etcd", "/etc/etcd": d + "/conf",
                "/etc/patroni": d + "/conf", "/var/lib/postgresql": d + "/pg", "/var/run/postgresql": d + "/run",
                "/run/pgbouncer": self.directory + "/pgb", "/etc/pgbouncer": self.directory + "/pgbouncer",
                "/etc/authd/secrets": self.directory + "/secrets",
                "mode: required ": "mode: 'off' ",  # a namespace has no watchdog
                **self.passwords}

    def own(self, path, mode):
        os.chown(path, self.user.pw_uid, self.user.pw_gid)
        os.chmod(path, mode)

    def write(self, host, name):
        path = moved(name.replace("db1", host), self.places(host))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(moved(of_host(self.files[name], host), self.places(host)))
        self.own(path, 0o600)
        return path

    def run_block(self, text, cwd, ns=None, user=None):
        command = ["bash", "-euc", text]
        if user:
            command = self.as_postgres(command)
        if ns:
            command = ["ip", "netns", "exec", ns, *command]
        sh(*command, cwd=cwd)

    def as_postgres(self, command):
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", *command]

    # -- life --------------------------------------------------------------------------------

    def spawn(self, host, name, *command):
        with open(f"{self.directory}/{host}-{name}.log", "ab") as log:
            environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": f"{self.directory}/{host}",
                           "PYTHONUNBUFFERED": "1"}
            self.processes[host, name] = subprocess.Popen(
                ["ip", "netns", "exec", self.network.of(host if name != "pgbouncer" else APP[0]),
                 *self.as_postgres(command)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd="/", env=environment, start_new_session=True)

    def start_etcd(self, host):
        self.spawn(host, "etcd", "etcd", "--config-file", self.write(host, "/etc/etcd/etcd.yml"))

    def start_patroni(self, host):
        self.spawn(host, "patroni", "patroni", self.write(host, "/etc/patroni/config.yml"))

    def start(self):
        tls = self.directory + "/ca"
        os.mkdir(tls)
        self.run_block(self.run_blocks[0], tls)
        for host in HOSTS:
            for place in ("tls", "etcd", "conf", "pg", "run"):
                os.makedirs(f"{self.directory}/{host}/{place}")
                self.own(f"{self.directory}/{host}/{place}", 0o755)
            self.own(f"{self.directory}/{host}", 0o755)
            for there, here in (("ca.crt", "ca.crt"), (host + ".crt", "host.crt"), (host + ".key", "host.key")):
                path = f"{self.directory}/{host}/tls/{here}"
                shutil.copy(f"{tls}/{there}", path)
                self.own(path, 0o600)
            self.start_etcd(host)
        for host in HOSTS:
            self.start_patroni(host)

    def new_database(self, _owner, _password):
        """The owner and the database, then PgBouncer's list of passwords: the page's own commands."""
        leader = self.wait_healthy(180)
        self.run_block(moved(self.primary_blocks[0], self.places(leader)).replace(
            "psql ", "setpriv --reuid=postgres --regid=postgres --clear-groups -- psql "), self.directory)
        os.makedirs(self.directory + "/pgbouncer", exist_ok=True)
        self.run_block(moved(self.run_blocks[1], self.places("db1")), self.directory)
        self.own(self.directory + "/pgbouncer/userlist.txt", 0o600)
        self.own(self.directory + "/pgbouncer", 0o755)
        for host in HOSTS:
            os.makedirs(f"{self.directory}/pgb/{host}")
            self.own(f"{self.directory}/pgb/{host}", 0o755)
            self.own(self.directory + "/pgb", 0o755)
            self.spawn(host, "pgbouncer", "/usr/sbin/pgbouncer", self.write(host, "/etc/pgbouncer/db1.ini"))
        until = time.monotonic() + 30
        while not all(os.path.exists(f"{self.directory}/pgb/{host}/.s.PGSQL.5432") for host in HOSTS):
            if time.monotonic() > until:
                raise RuntimeError("PgBouncer does not start:\n" + self.logs())
            time.sleep(0.1)
        return "authd"

    # -- looking -----------------------------------------------------------------------------

    def rest(self, host, path, timeout=2):
        """Patroni's own word, over its REST interface, from where we are (authd's host)."""
        tls = f"{self.directory}/db1/tls"
        try:
            answer = requests.get(f"https://{HOSTS[host]}:8008{path}", timeout=timeout, verify=tls + "/ca.crt",
                                  cert=(tls + "/host.crt", tls + "/host.key"))
            return answer.status_code, answer.json() if path != "/primary" else None
        except (requests.RequestException, ValueError):
            return 0, None

    def leader(self):
        return next((host for host in HOSTS if self.rest(host, "/primary")[0] == 200), None)

    def members(self):
        for host in HOSTS:
            status, cluster = self.rest(host, "/cluster")
            if status == 200:
                return {m["name"]: m for m in cluster["members"]}
        return {}

    def synchronous(self):
        return next((name for name, m in self.members().items() if m["role"] == "sync_standby"), None)

    def psql(self, host, text):
        return sh(*self.as_postgres(["psql", "-h", f"{self.directory}/{host}/run", "-U", "postgres", "-d", "authd",
                                     "-Atqc", text]), cwd="/").strip()

    def wait_healthy(self, seconds=120, hosts=3):
        """A leader, a synchronous standby, everybody in line."""
        until, members = time.monotonic() + seconds, {}
        while time.monotonic() < until:
            members = self.members()
            roles = sorted(m["role"] for m in members.values())
            good = [m for m in members.values() if m["state"] in ("running", "streaming") and not m.get("lag")]
            if len(good) >= hosts and "leader" in roles and "sync_standby" in roles:
                leader = next(n for n, m in members.items() if m["role"] == "leader")
                if self.rest(leader, "/primary")[0] == 200:
                    return leader
            time.sleep(0.5)
        raise RuntimeError(f"the cluster is not healthy after {seconds} s: {json.dumps(members)}\n" + self.logs())

    def logs(self):
        out = []
        for host in HOSTS:
            for name in ("etcd", "patroni", "pgbouncer"):
                try:
                    with open(f"{self.directory}/{host}-{name}.log", errors="replace") as log:
                        out += [f"--- {host} {name}", log.read()[-1500:]]
                except FileNotFoundError:
                    pass
        return "\n".join(out)

    # -- faults ------------------------------------------------------------------------------

    def postmaster(self, host):
        with open(f"{self.directory}/{host}/pg/15/authd/postmaster.pid") as file:
            return int(file.readline())

    def kill(self, host, *names):
        """SIGKILL, all at once, as a machine dies.  PostgreSQL's children end with their parent."""
        pids = [self.postmaster(host) if name == "postgres" else self.processes[host, name].pid for name in names]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for name in names:
            if name != "postgres":
                self.processes[host, name].wait()

    def freeze(self, host):
        """All processes of the host's namespace; gives their ids."""
        pids = self.network.pids(host)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        return pids

    @staticmethod
    def thaw(pids):
        for pid in pids:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass

    def switchover(self, leader, candidate):
        config = f"{self.directory}/{candidate}/conf/config.yml"
        return sh("patronictl", "-c", config, "switchover", "authd", "--master", leader, "--candidate", candidate,
                  "--force")
