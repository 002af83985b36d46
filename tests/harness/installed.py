"""An authd installed as the packages do it, below a directory of its own: /etc/authd, credentials handed over as
packaging/authd.service says, and commands of the system that act on it (systemctl, runuser).

`root` stands for the machine: a command that names /etc, /root or /media is run with that prefix, and nothing else
about it is changed."""
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time

import psycopg2.extensions

from harness.postgres import ROOT
from harness.service import ROLES, Service

UNIT = ROOT + "/packaging/authd.service"


class Installed(Service):
    def __init__(self, postgres, build, overrides=None, empty=False):
        super().__init__(postgres, build, overrides)
        self.root = self.directory + "/machine"
        self.etc = self.root + "/etc/authd"
        os.makedirs(self.root + "/root")
        os.makedirs(self.root + "/media/safe")
        os.makedirs(self.root + "/media/ledger")
        os.makedirs(self.root + "/var/lib/authd")
        os.makedirs(self.root + "/var/backups")
        self.data = self.root + "/var/lib/postgresql/15/main"
        os.makedirs(os.path.dirname(self.data))
        os.symlink(postgres.directory + "/postgres", self.data)
        self.waits = True  # systemctl start returns when authd is ready; False: when its processes are
        os.makedirs(self.root + "/etc/systemd/system")
        os.makedirs(self.root + "/bin")
        os.chmod(self.root, 0o755)
        self.environment = {"CREDENTIALS_DIRECTORY": self.etc + "/secrets"}
        with postgres.connect() as connection, connection.cursor() as cursor:
            cursor.execute("COMMIT")
            cursor.execute(f"DROP DATABASE {self.database}" if empty else
                           f"ALTER DATABASE {self.database} RENAME TO authd")
            if empty:
                cursor.execute("DROP ROLE authd_owner")
        self.database = "authd"
        if not empty:
            os.mkdir(self.etc)
            os.rename(self.directory + "/secrets", self.etc + "/secrets")
            os.symlink(self.etc + "/secrets", self.directory + "/secrets")
            self.options["keys"]["master_key_file"] = "credential:master.key"
            self.options["database"]["name"] = "authd"
            self.options["erasures"] = {"ledger_file": self.root + "/var/lib/authd/erasures",
                                        "key_file": "credential:ledger.key"}
            for role in ROLES:
                self.options["database"][role]["password_file"] = (
                    self.etc + "/secrets/database-owner" if role == "owner" else "credential:database-" + role)
            self.conf_path = self.etc + "/authd.conf"
            self.write_config()
        self._commands()

    # -- what the shell finds ---------------------------------------------------------------------

    def _commands(self):
        self.control = self.directory + "/systemctl.sock"
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(self.control)
        self._listening.listen()
        threading.Thread(target=self._serve, daemon=True).start()
        dsn = psycopg2.extensions.parse_dsn(self.postgres.url())
        login = " ".join(f"{name}='{value}'" for name, value in (
            ("PGHOST", dsn["host"]), ("PGPORT", dsn.get("port", "5432")), ("PGUSER", dsn["user"]),
            ("PGPASSWORD", dsn.get("password", ""))))
        self._command("authctl", f'exec {self.build}/authctl --yes "$@"')
        self._command("runuser", '[ "$1 $2 $3" = "-u postgres --" ] || exit 64\nshift 3\n'
                                 f'exec env {login} PATH=/usr/lib/postgresql/15/bin:$PATH "$@"')
        self._command("systemctl", f"exec python3 -c 'import json,socket,sys; s=socket.socket(socket.AF_UNIX); "
                                   f"s.connect(\"{self.control}\"); s.sendall(json.dumps(sys.argv[1:]).encode()); "
                                   "text=s.recv(9999).decode(); sys.exit(text or 0)' \"$@\"")

        if os.geteuid() != 0:  # PostgreSQL then runs as we do, and its files are ours
            self._command("chown", "exit 0")
            self._command("install", 'set -- $(echo "$@" | sed "s/-o [a-z]* -g [a-z]*//")\nexec /usr/bin/install "$@"')

    def _command(self, name, text):
        path = self.root + "/bin/" + name
        with open(path, "w") as out:
            out.write("#!/bin/sh\n" + text + "\n")
        os.chmod(path, 0o755)

    def _serve(self):
        while True:
            try:
                peer, _ = self._listening.accept()
            except OSError:
                return
            with peer:
                try:
                    self._systemctl(*json.loads(peer.recv(9999)))
                except Exception as error:  # the shell is told; the test sees its script fail
                    peer.sendall(str(error).encode()[:4000])

    def _systemctl(self, verb, unit="authd"):
        assert unit in ("authd", "postgresql"), unit
        if unit == "postgresql":
            return self._postgresql(verb)
        if verb in ("stop", "restart"):
            self.stop()
        if verb in ("start", "restart"):
            self.start(wait=self.waits)
            while not self.waits and self.ctl_run("status").returncode != 0:
                time.sleep(0.05)
        assert verb in ("stop", "start", "restart", "daemon-reload"), verb

    def _postgresql(self, verb):
        """The cluster is where Debian would have it, as far as the shell can see."""
        seen, data = self.data, self.postgres.directory + "/postgres"
        if verb in ("stop", "restart"):
            self.postgres.stop()
        if verb in ("start", "restart"):
            if not os.path.islink(seen):  # another one was put in its place
                shutil.rmtree(data)
                shutil.move(seen, data)
                os.symlink(data, seen)
            self.postgres.start()

    def run(self, script):
        """As root's shell would; the output of all."""
        script = re.sub(r"(?<![\w.])/(etc|root|media|var)/", lambda at: f"{self.root}/{at.group(1)}/", script)
        script = re.sub(r"(?<![\w.])/(etc|root)\b(?=[ \n])", lambda at: f"{self.root}/{at.group(1)}", script)
        done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=300, check=False, cwd=self.root + "/root",
                              env=dict(os.environ, PATH=self.root + "/bin:" + os.environ["PATH"]))
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    # -- the service ------------------------------------------------------------------------------

    def start(self, wait=True):
        """With the credentials that the unit and its drop-ins load, in a directory of their own."""
        credentials = self.directory + "/credentials"
        shutil.rmtree(credentials, ignore_errors=True)
        os.mkdir(credentials, 0o700)
        units, extra = [UNIT], self.root + "/etc/systemd/system/authd.service.d"
        units += [f"{extra}/{name}" for name in os.listdir(extra)] if os.path.isdir(extra) else []
        for unit in units:
            with open(unit) as text:
                for name, path in re.findall(r"^LoadCredential=([^:]+):(.+)$", text.read(), re.M):
                    path = path if path.startswith(self.root) else self.root + path
                    shutil.copy(path, f"{credentials}/{name}")
                    os.chmod(f"{credentials}/{name}", 0o400)
        before = os.environ.get("CREDENTIALS_DIRECTORY")
        os.environ["CREDENTIALS_DIRECTORY"] = credentials
        try:
            return super().start(wait)
        finally:
            os.environ.pop("CREDENTIALS_DIRECTORY")
            if before:
                os.environ["CREDENTIALS_DIRECTORY"] = before

    def ctl_run(self, *arguments, stdin=None):
        os.environ["CREDENTIALS_DIRECTORY"] = self.etc + "/secrets"
        try:
            return super().ctl_run(*arguments, stdin=stdin)
        finally:
            os.environ.pop("CREDENTIALS_DIRECTORY")

    def close(self):
        self._listening.close()
        super().close()
