"""A program on a terminal of its own: a pseudo-terminal with a width, and somebody who answers."""
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time


class OnTerminal:
    """What it wrote (`text`, without carriage returns) and how it ended (`status`)."""

    def __init__(self, command, columns=80, answers=(), environment=None, seconds=60):
        """answers: (text to wait for, what to type then)"""
        main, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
        env.update({"TERM": "xterm"}, **(environment or {}))
        process = subprocess.Popen(command, stdin=end, stdout=end, stderr=end, env=env,
                                   start_new_session=True)
        os.close(end)
        seen, waiting, until = b"", list(answers), time.monotonic() + seconds
        while time.monotonic() < until:
            if not select.select([main], [], [], 0.5)[0]:
                continue
            try:
                more = os.read(main, 65536)
            except OSError:  # the other end is closed
                break
            if not more:
                break
            seen += more
            if waiting and waiting[0][0] in seen.decode("utf-8", "replace"):
                os.write(main, waiting.pop(0)[1].encode())
        else:
            process.kill()
        self.status = process.wait(10)
        os.close(main)
        self.text = seen.decode("utf-8", "replace").replace("\r\n", "\n")
