"""A guide is its own test: what its code blocks say is written and executed, letter by letter.

    ```c file=portal.c      the whole file of that name
    ```sh run               commands, in the reader's shell: variables and directory live on
    ```sh serve             the command that stays in the foreground; here it runs beside the test
    ```sh by-hand           a command that talks with the reader: the test plays the reader
    ```text shows           what the commands before must have said, line by line; … is anything, alone: any lines
    ```sh example           to be read only

Nothing is replaced in the text except what `moved` names: the addresses and paths of a production machine that a
test can't have.  Each must occur.  Everything else comes through the environment, as it does for the reader."""
import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

import requests
from harness.postgres import ROOT

FENCE = re.compile(r"^```(\w+) +(file=(?P<file>\S+)|run|serve|by-hand|shows|example)$")


class GuideFailed(Exception):
    pass


class Block:
    def __init__(self, kind, file, line, text):
        self.kind, self.file, self.line, self.text = kind, file, line, text


def blocks_of(path):
    """The blocks in order.  A block with code and no word for what it is would escape the test: refused."""
    blocks, inside, start = [], None, 0
    with open(path, encoding="utf-8") as page:
        for number, line in enumerate(page, 1):
            if inside is None and line.startswith("```"):
                match = FENCE.match(line.rstrip())
                if not match:
                    raise GuideFailed(f"{path}:{number}: say what this block is: file=, run, serve, by-hand, shows, example")
                kind = "file" if match["file"] else match[2]
                inside, start = Block(kind, match["file"], number, ""), number
            elif inside is not None and line.rstrip() == "```":
                blocks.append(inside)
                inside = None
            elif inside is not None:
                inside.text += line
    if inside is not None:
        raise GuideFailed(f"{path}:{start}: the block does not end")
    return blocks


def dev_env(service):
    """The lines of var/dev.env that `./dev up` would write for this service."""
    e = {"OP_ISSUER": service.issuer, "OP_USER": service.an.number, "OP_PASSWORD": service.an.password,
         "OP_USER2": service.binh.number, "OP_PASSWORD2": service.binh.password,
         "AUTHCTL": f"{service.build}/authctl -c {service.conf_path}"}
    if service.ca_file:
        e["OP_CA_FILE"] = service.ca_file
    return e


class Guide:
    """docs/<name>, followed in a directory of its own by a reader whose clone has a var/dev.env and a build/."""

    def __init__(self, name, service=None, moved=None, cwd=None, **environment):
        self.path = os.path.join(ROOT, "docs", name)
        self.blocks = blocks_of(self.path)
        self.directory = tempfile.mkdtemp(prefix="authd-guide-")
        os.chmod(self.directory, 0o755)
        self.files = self.directory  # where the reader puts the guide's files
        self.servers, self.log = [], ""
        self._move(moved or {})
        self.home = self.directory + "/home"
        os.makedirs(self.home + "/authd/var")
        if service is not None:
            os.symlink(service.build, self.home + "/authd/build")
            with open(self.home + "/authd/var/dev.env", "w", encoding="utf-8") as out:
                out.writelines(f"{k}={shlex.quote(v)}\n" for k, v in dev_env(service).items())
        env = {k: v for k, v in os.environ.items()
               if k in ("PATH", "TMPDIR") or k.lower().endswith("_proxy")}
        env.update({"HOME": self.home, "LC_ALL": "C.UTF-8", "no_proxy": "localhost,127.0.0.1"},
                   **{k: str(v) for k, v in environment.items()})
        told, tell = os.pipe()
        os.set_inheritable(tell, True)
        self.told = told
        self.shell = subprocess.Popen(["bash", "-euo", "pipefail"], stdin=subprocess.PIPE, text=True,
                                      pass_fds=[tell], cwd=cwd or self.directory, env=env,
                                      start_new_session=True)
        os.close(tell)
        self.tell = tell

    def _move(self, moved):
        for block in self.blocks:
            block.said = block.text
        for there, here in moved.items():
            found = False
            for block in self.blocks:
                found = found or there in block.said
                block.said = block.said.replace(there, str(here))
            if not found:
                raise GuideFailed(f"{self.path}: {there!r} stands nowhere; what would the test replace?")

    # -- following it ------------------------------------------------------------------------

    def follow(self, until=None, by_hand=None):
        """Files are written, commands run; a server is waited for until `until` answers; by_hand(process) plays the
        reader and gives what the process said."""
        for block in self.blocks:
            if block.kind == "file":
                self._write(block)
        for number, block in enumerate(self.blocks):
            if block.kind == "run":
                self.log = self._run(number, block)
            elif block.kind == "shows":
                self._compare(block)
            elif block.kind == "serve":
                self._serve(number, block, until)
            elif block.kind == "by-hand":
                self.log = self._by_hand(block, by_hand)
        return self

    def _write(self, block):
        path = os.path.join(self.files, block.file)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(block.said)

    def _script(self, number, block):
        path = f"{self.directory}/.block-{number}"
        with open(path, "w", encoding="utf-8") as out:
            out.write(block.said)
        return path, path + ".log"

    def _say(self, line, seconds, what):
        try:
            self.shell.stdin.write(line + "\n")
            self.shell.stdin.flush()
        except BrokenPipeError:
            pass
        ready, _, _ = select.select([self.told], [], [], seconds)
        answer = os.read(self.told, 100).decode().strip() if ready else ""
        if not answer:
            raise GuideFailed(what())
        return answer

    def _run(self, number, block, seconds=240):
        path, log = self._script(number, block)
        self._say(f". {path} >{log} 2>&1 </dev/null; echo done >&{self.tell}", seconds,
                  lambda: f"{self.path}:{block.line}: these commands failed:\n{block.text}\n{read(log)[-3000:]}")
        return read(log)

    def _serve(self, number, block, until, seconds=30):
        path, log = self._script(number, block)
        # A job of its own: whatever it starts can be ended with it, and nothing else.
        pid = int(self._say(f"set -m; (exec {self.tell}>&-; . {path}) >{log} 2>&1 </dev/null & "
                            f"set +m; echo $! >&{self.tell}", 10, lambda: f"{self.path}:{block.line}: no shell"))
        self.servers.append((pid, log))
        end = time.monotonic() + seconds
        while until:
            try:
                requests.get(until, timeout=5, allow_redirects=False, verify=False,
                             proxies={"http": None, "https": None})
                return
            except requests.RequestException as error:
                if not alive(pid) or time.monotonic() > end:
                    raise GuideFailed(f"{self.path}:{block.line}: {until} does not answer ({error}):\n"
                                      f"{read(log)[-3000:]}") from None
                time.sleep(0.05)

    def _by_hand(self, block, by_hand):
        state = self.directory + "/.state"
        self._say(f"{{ pwd; env -0; }} >{state}; echo done >&{self.tell}", 10, lambda: "no shell")
        cwd, env = read(state).split("\n", 1)
        with subprocess.Popen(["bash", "-euc", block.said], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, cwd=cwd,
                              env=dict(pair.split("=", 1) for pair in env.split("\0") if "=" in pair)) as process:
            try:
                return by_hand(process)
            finally:
                process.kill()

    def _compare(self, block):
        wanted = "".join("(?:.*\\n)*?" if line.strip() == "…" else
                         ".*".join(re.escape(part) for part in line.split("…")) + "[ \\t]*\\n"
                         for line in block.said.splitlines())
        if not re.search(wanted, self.log + "\n"):
            raise GuideFailed(f"{self.path}:{block.line}: shows\n{block.text}\nbut it was\n{self.log[-3000:]}")

    def said(self):
        """What its servers said so far."""
        return "".join(read(log) for _, log in self.servers)

    def close(self):
        for pid, _ in self.servers:
            end_group(pid)
        try:
            self.shell.stdin.close()
            self.shell.wait(20)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            end_group(self.shell.pid)
        os.close(self.told)
        if os.environ.get("KEEP"):
            print("kept:", self.directory)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def alive(group):
    try:
        os.killpg(group, 0)
        return True
    except ProcessLookupError:
        return False


def end_group(group):
    for kill, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 2)):
        end = time.monotonic() + patience
        try:
            os.killpg(group, kill)
        except ProcessLookupError:
            return
        while alive(group) and time.monotonic() < end:
            time.sleep(0.02)
