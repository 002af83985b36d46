"""A private PostgreSQL for tests, made by dev.d/cluster, and nothing outside its own directory."""
import os
import signal
import subprocess
import time
from contextlib import closing

import psycopg2

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Postgres:
    def __init__(self, directory):
        self.directory = directory
        self.databases = 0

    def _cluster(self, *arguments):
        done = subprocess.run([ROOT + "/dev.d/cluster", *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, check=False, text=True)
        if done.returncode != 0:
            raise RuntimeError("dev.d/cluster " + " ".join(arguments) + " failed")
        return done.stdout.strip()

    def start(self):
        # Not through a pipe: the server inherits standard output and would keep it open.
        subprocess.run([ROOT + "/dev.d/cluster", "start", self.directory, "--fast"],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)

    def stop(self):
        self._cluster("stop", self.directory)

    def drop(self):
        self._cluster("drop", self.directory)

    @property
    def pid(self):
        return int(self._cluster("pid", self.directory))

    def kill(self):
        """As a power cut for the server: no clean-up, recovery at the next start."""
        pid = self.pid
        os.kill(pid, signal.SIGQUIT)
        while True:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.02)

    @property
    def socket(self):
        return self._cluster("socket", self.directory)

    def url(self, database="postgres"):
        return self._cluster("url", self.directory, database)

    def connect(self, database="postgres", **other):
        connection = psycopg2.connect(self.url(database), **other)
        connection.autocommit = True
        return connection

    def new_database(self, owner, password):
        """An empty database of its own for one authd; the roles are the cluster's."""
        self.databases += 1
        name = f"authd_{os.getpid()}_{self.databases}"
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (owner,))
            if not cursor.fetchone():
                cursor.execute(f"CREATE ROLE {owner} LOGIN CREATEROLE")
            cursor.execute(f"ALTER ROLE {owner} PASSWORD %s", (password,))
            cursor.execute(f"CREATE DATABASE {name} OWNER {owner}")
        return name
