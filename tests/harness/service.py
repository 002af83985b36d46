"""One authd with a database, people and clients of its own, on a free port of loopback."""
import copy
import json
import os
import pwd
import re
import secrets
import select
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import closing

import requests

from harness.ports import free_port

ROLES = ("owner", "web", "verifier", "clerk", "courier", "admin")

# Fast password hashes, a short JWKS age: what a test does not override.
DEFAULTS = {
    "server": {"connections_per_address": 0},
    "processes": {"web": 2, "signer": 2, "verifier": 1},
    "keys": {"jwks_max_age_s": 2, "publish_min_s": 1},
    "passwords": {"argon2_memory_kib": 8192, "argon2_time": 1},
    "development": {"login_throttle": False, "http_loopback_redirects": True,
                    "courier_loopback": True},
    "log": {"level": "info"},
}


def merged(base, over):
    out = copy.deepcopy(base)
    for key, value in (over or {}).items():
        out[key] = merged(out.get(key, {}), value) if isinstance(value, dict) else value
    return out


def written(options, depth=0):
    """The text of a configuration file."""
    lines, indent = [], "    " * depth
    for key, value in options.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key} {{", written(value, depth + 1), f"{indent}}}"]
        elif isinstance(value, bool):
            lines.append(f"{indent}{key} = {'true' if value else 'false'}")
        elif isinstance(value, int):
            lines.append(f"{indent}{key} = {value}")
        else:
            lines.append(f'{indent}{key} = "{value}"')
    return "\n".join(lines)


class Person:
    def __init__(self, number, name, birthdate, email, level=2):
        self.number, self.name, self.birthdate, self.email = number, name, birthdate, email
        self.level = level
        self.password = "mật khẩu " + secrets.token_hex(10)


class Adopted:
    """A process that is not our child, with what Popen offers; its exit status nobody tells us."""

    def __init__(self, pid):
        self.pid, self.returncode = pid, None
        self._fd = os.pidfd_open(pid)

    def poll(self):
        if self.returncode is None and select.select([self._fd], [], [], 0)[0]:
            self.returncode = 0
            os.close(self._fd)
        return self.returncode

    def wait(self, timeout=None):
        if self.poll() is None:
            if not select.select([self._fd], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            self.poll()
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None:
            signal.pidfd_send_signal(self._fd, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)


class CommandFailed(Exception):
    pass


class Service:
    program = "authd"

    def __init__(self, postgres, build, overrides=None, tls=False, beside=None):
        """beside: another node whose database, keys and issuer this one shares."""
        self.postgres, self.build, self.beside = postgres, build, beside
        self.environment = None
        self.directory = tempfile.mkdtemp(prefix="authd-test-")
        os.chmod(self.directory, 0o711)
        self.port = free_port()
        self.tls = tls
        self.issuer = beside.issuer if beside else f"{'https' if tls else 'http'}://localhost:{self.port}"
        self.ca_file = None
        self.process = None
        self.log_path = self.directory + "/authd.log"
        self.last_log = ""
        self.conf_path = self.directory + "/authd.conf"
        self._secrets()
        self.database = (beside.database if beside else
                         postgres.new_database("authd_owner", self._secret_text("database-owner")))
        self.options = merged(self._options(), merged(DEFAULTS, overrides))
        self.write_config()

    # -- files -------------------------------------------------------------------------------

    def _secrets(self):
        os.mkdir(self.directory + "/secrets", 0o700)
        for name in ("master.key", "ledger.key"):
            self.write_secret(name, self.beside._secret_text(name) if self.beside else secrets.token_hex(32))
        for role in ROLES:
            # Roles belong to the cluster: all services on one cluster share their passwords.
            shared = os.path.join(self.postgres.directory, "secrets", "database-" + role)
            if not os.path.exists(shared):
                with open(os.open(shared, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
                    out.write(secrets.token_hex(24))
            with open(shared) as given:
                self.write_secret("database-" + role, given.read())

    def secret_path(self, name):
        return f"{self.directory}/secrets/{name}"

    def _secret_text(self, name):
        with open(self.secret_path(name)) as file:
            return file.read().strip()

    def write_secret(self, name, text):
        with open(os.open(self.secret_path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(text)

    def _options(self):
        user = ""
        run_dir = self.directory + "/run"
        os.mkdir(run_dir, 0o711)
        if os.geteuid() == 0:
            try:
                entry = pwd.getpwnam("authd")
                user = "authd"
                os.chown(run_dir, entry.pw_uid, entry.pw_gid)
            except KeyError:
                pass
        server = {"listen": f"127.0.0.1:{self.port}"}
        if self.tls:
            self.ca_file = self.directory + "/ca.pem"
            self.new_certificate()
            server["tls_certificate_file"] = self.directory + "/server.pem"
            server["tls_key_file"] = self.secret_path("server.key")
        database = {"host": self.postgres.socket, "name": self.database}
        for role in ROLES:
            database[role] = {"user": "authd_" + role,
                              "password_file": self.secret_path("database-" + role)}
        return {"issuer": self.issuer, "user": user, "run_dir": run_dir, "server": server,
                "database": database, "keys": {"master_key_file": self.secret_path("master.key")},
                "erasures": {"ledger_file": self.directory + "/erasures", "key_file": self.secret_path("ledger.key")}}

    def new_certificate(self):
        """A certificate of localhost from an authority of its own; again: another one from the same."""
        d = self.directory

        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], check=True, stderr=subprocess.DEVNULL)
        if not os.path.exists(self.ca_file):
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=test CA", "-addext", "basicConstraints=critical,CA:TRUE",
                    "-keyout", d + "/ca.key", "-out", self.ca_file)
        with open(d + "/extensions", "w") as out:
            out.write("subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                "/CN=localhost", "-keyout", d + "/new.key", "-out", d + "/new.csr")
        openssl("x509", "-req", "-in", d + "/new.csr", "-CA", self.ca_file, "-CAkey", d + "/ca.key",
                "-days", "2", "-extfile", d + "/extensions", "-out", d + "/new.pem")
        os.chmod(d + "/new.key", 0o600)
        os.rename(d + "/new.key", self.secret_path("server.key"))
        os.rename(d + "/new.pem", d + "/server.pem")

    def write_config(self):
        with open(os.open(self.conf_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(written(self.options) + "\n")

    # -- life --------------------------------------------------------------------------------

    def migrate(self):
        return self.ctl_text("migrate")

    def start(self, wait=True, manager=None, sockets=()):
        """manager: what a service manager puts into the environment; sockets: those it passes on."""
        log = open(self.log_path, "ab")
        command = [f"{self.build}/{self.program}", "-c", self.conf_path]
        if self.options.get("development", {}).get("sandbox"):
            command.insert(1, "--sandbox")
        given = [s.fileno() for s in sockets]
        if manager is not None:
            words = [f"{name}={value}" for name, value in manager.items()]
            if sockets:
                words.append(f"LISTEN_FDS={len(given)}")
            moves = " ".join(f"{3 + i}<&{fd}" for i, fd in enumerate(given))
            command = ["/bin/bash", "-c", f'exec env LISTEN_PID=$$ WATCHDOG_PID=$$ "$@" {moves}', "bash",
                       *words, *command]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                        start_new_session=True, pass_fds=given, env=self.environment)
        log.close()
        if wait:
            self.wait_ready()
        return self

    @property
    def address(self):
        """Where this node is reached: one of several by itself, not as the world reaches them."""
        return f"{'https' if self.tls else 'http'}://localhost:{self.port}" if self.beside else self.issuer

    def session(self):
        s = requests.Session()
        s.verify = self.ca_file or True
        s.trust_env = False
        return s

    def get(self, path, **other):
        other.setdefault("timeout", 10)
        with self.session() as s:
            return s.get(self.address + path, **other)

    def wait_ready(self, seconds=30):
        """Every web process: each question is a new connection, and any of them may get it."""
        end, last, ready = time.monotonic() + seconds, None, 0
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"authd ended with {self.process.returncode}:\n{self.log()[-4000:]}")
            try:
                last = self.get("/health/ready", timeout=2)
                ready = ready + 1 if last.status_code == 200 else 0
            except requests.RequestException as error:
                last, ready = error, 0
            if ready == 8:
                return self
            if not ready:
                time.sleep(0.05)
        raise RuntimeError(f"authd is not ready ({last}):\n{self.log()[-4000:]}")

    def stop(self, seconds=60):
        """SIGTERM and wait; returns the exit status."""
        if self.process is None or self.process.poll() is not None:
            return self.process and self.process.returncode
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            children = self.children()
            self.process.kill()
            for pid in children:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            raise RuntimeError(f"authd did not stop in {seconds} s:\n{self.log()[-3000:]}") from None

    def _adopt_heir(self):
        """What an upgrade left serving when a test failed before it looked."""
        try:
            with open(self.options["run_dir"] + "/authd.pid") as file:
                pid = int(file.read())
            if self.process is not None and pid != self.process.pid:
                self.adopt(pid)
        except (FileNotFoundError, ProcessLookupError):
            pass

    def close(self):
        try:
            self._adopt_heir()
            self.stop()
        finally:
            self.last_log = self.log()
            if os.environ.get("KEEP"):
                print("kept:", self.directory)
            else:
                shutil.rmtree(self.directory, ignore_errors=True)

    def upgrade(self):
        """authctl upgrade; gives the old parent, which finishes, and its children."""
        old, children = self.process, self.children()
        self.adopt(self.ctl("upgrade")["pid"])
        return old, children

    def adopt(self, pid):
        self.process = Adopted(pid)

    def reload(self):
        before = self.log().count("event=config.loaded")
        self.process.send_signal(signal.SIGHUP)
        self.wait_log("event=config.loaded", before + 1)

    # -- looking inside ----------------------------------------------------------------------

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def log_lines(self, event=None, since=0):
        lines = self.log()[since:].splitlines()
        return [line for line in lines if event is None or f"event={event} " in line + " "]

    def log_mark(self):
        return len(self.log())

    def wait_log(self, text, count=1, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.log().count(text) >= count:
                return
            time.sleep(0.02)
        raise AssertionError(f"no {count} times {text!r} in the log:\n{self.log()[-3000:]}")

    def children(self):
        """Process ids of the parent's children."""
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path) as file:
            return [int(pid) for pid in file.read().split()]

    def roles(self):
        """{role: [pid…]} by the processes' own names."""
        out = {}
        for pid in self.children():
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    line = file.read().replace(b"\0", b" ").decode()
                with open(f"/proc/{pid}/comm") as file:
                    line += " " + file.read().strip()
            except (FileNotFoundError, ProcessLookupError):  # ended meanwhile
                continue
            for role in ("web", "verifier", "signer", "courier", "clerk", "admin"):
                if re.search(rf"\b{role}\b", line):
                    out.setdefault(role, []).append(pid)
                    break
        return out

    def query(self, sql, *values):
        with closing(self.postgres.connect(self.database, options="-c search_path=authd")) as connection:
            with connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return cursor.fetchall() if cursor.description else None

    # -- administration ----------------------------------------------------------------------

    def ctl_run(self, *arguments, stdin=None):
        command = [self.build + "/authctl", "-c", self.conf_path, *arguments]
        if isinstance(stdin, (dict, list)):
            stdin = json.dumps(stdin)
        return subprocess.run(command, input=stdin or "", capture_output=True, text=True, timeout=120,
                              check=False)

    def ctl_text(self, *arguments, stdin=None):
        done = self.ctl_run(*arguments, stdin=stdin)
        if done.returncode != 0:
            raise CommandFailed(f"authctl {shlex.join(arguments)}: {done.stderr or done.stdout}")
        return done.stdout

    def ctl(self, *arguments, stdin=None):
        """authctl --json …, parsed."""
        return json.loads(self.ctl_text("--json", *arguments, stdin=stdin))

    def new_client(self, metadata):
        return self.ctl("client", "create", "--json", "-", stdin=metadata)

    def new_person(self, person):
        person.answer = self.ctl(
            "identity", "add", "--personal-number", person.number, "--name", person.name,
            "--birthdate", person.birthdate, "--email", person.email, "--level", str(person.level),
            "--sex", "male" if int(person.number[3]) % 2 == 0 else "female", "--ground", "test")
        self.set_password(person, person.password)
        return person

    def set_password(self, person, password):
        person.password = password
        self.ctl_text("identity", "password", "--personal-number", person.number, stdin=password + "\n")

    def identity(self, verb, person, *other):
        """lock, unlock, close, activate"""
        return self.ctl_text("--yes", "identity", verb, "--personal-number", person.number,
                             "--ground", "test", *other)
