"""Ports of loopback that nobody else takes before they are used: not another test run on this machine, which holds
blocks of its own, and not an outgoing connection, whose ports the system takes from higher up."""
import fcntl
import os
import random
import socket
import tempfile

FIRST, LAST, BLOCK = 20000, 32760, 10
HELD = os.path.join(tempfile.gettempdir(), "authd-ports")
_mine = []  # descriptors: a block is ours until this process ends
_left = []  # of the block that single ports are taken from


def _hold(first):
    """Is this block ours now?"""
    try:
        fd = os.open(f"{HELD}/{first}", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except PermissionError:
        return False  # made by another user
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return False
    _mine.append(fd)
    return True


def _free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_block():
    """The first of BLOCK free ports in a row."""
    if not os.path.isdir(HELD):
        os.makedirs(HELD, exist_ok=True)
        os.chmod(HELD, 0o1777)
    blocks = list(range(FIRST, LAST, BLOCK))
    random.shuffle(blocks)
    for first in blocks:
        if _hold(first) and all(_free(port) for port in range(first, first + BLOCK)):
            return first
    raise RuntimeError(f"no free ports between {FIRST} and {LAST}")


def free_port():
    while True:
        if not _left:
            first = free_block()
            _left.extend(range(first, first + BLOCK))
        port = _left.pop()
        if _free(port):
            return port
