"""The network between a node and its PostgreSQL: passes bytes from one Unix socket to another, until told otherwise.

    relay.py LISTEN TARGET

A command a line on standard input, answered with "done" when it holds; the end of standard input ends it:
    open          bytes pass, connections are taken; connections that lost bytes are torn down
    cut           every connection is torn down, none is taken
    hole          connections are taken and stay, and no byte passes either way
    mute          requests pass, answers vanish
    half          every connection is closed towards the client; what the client sends still arrives
    answer        on every connection the next answer of the server is dropped and the connection torn down:
                  what was asked has happened, and nobody hears so
    delay MS      every byte arrives so much later
"""
import os
import select
import socket
import sys
import time
from collections import deque

CHUNK = 262144


class Way:
    """One direction of one connection."""

    def __init__(self, source, sink):
        self.source, self.sink = source, sink
        self.queue = deque()  # (when it may go, bytes)
        self.ended = False


class Link:
    def __init__(self, client, server):
        self.client, self.server = client, server
        self.up, self.down = Way(client, server), Way(server, client)
        self.drops_answer = self.is_mute = False

    def way_from(self, end):
        return self.up if end is self.client else self.down

    def way_to(self, end):
        return self.down if end is self.client else self.up


class Relay:
    def __init__(self, listen, target):
        self.path, self.target = listen, target
        self.poll = select.epoll()
        self.ends = {}  # descriptor: (socket, Link)
        self.listener = None
        self.is_hole, self.delay_s, self.is_late = False, 0.0, False
        self.listen()
        os.set_blocking(0, False)
        self.poll.register(0, select.EPOLLIN)

    def listen(self):
        if self.listener is None:
            made = socket.socket(socket.AF_UNIX)
            made.bind(self.path + ".new")
            os.chmod(self.path + ".new", 0o777)
            made.listen(256)
            made.setblocking(False)
            os.rename(self.path + ".new", self.path)
            self.listener = made
            self.poll.register(made, select.EPOLLIN)

    def take(self):
        try:
            client, _ = self.listener.accept()
        except OSError:
            return
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(self.target)
        except OSError:
            client.close()
            server.close()
            return
        link = Link(client, server)
        for end in (client, server):
            end.setblocking(False)
            self.ends[end.fileno()] = (end, link)
            self.poll.register(end, select.EPOLLIN)

    def links(self):
        return {link for _, link in self.ends.values()}

    def drop(self, link):
        for end in (link.client, link.server):
            if end.fileno() in self.ends:
                del self.ends[end.fileno()]
                self.poll.unregister(end)
                end.close()

    def watch(self, end, link):
        if end.fileno() in self.ends:
            queue = link.way_to(end).queue
            wants = 0 if link.way_from(end).ended else select.EPOLLIN
            if queue and queue[0][0] <= time.monotonic():
                wants |= select.EPOLLOUT
            self.poll.modify(end, wants)

    def read(self, end, link):
        way = link.way_from(end)
        try:
            data = end.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data and way is link.down and link.drops_answer:
            self.drop(link)
            return
        if not data:
            way.ended = True
        elif way is link.up or not link.is_mute:
            way.queue.append((time.monotonic() + self.delay_s, data))
        self.write(way, link)

    def write(self, way, link):
        """What is due goes out; a way that has ended takes the connection along when it is empty."""
        try:
            while way.queue and way.queue[0][0] <= time.monotonic():
                due, data = way.queue.popleft()
                try:
                    sent = way.sink.send(data)
                except BlockingIOError:
                    sent = 0
                if sent < len(data):
                    way.queue.appendleft((due, data[sent:]))
                    break
        except OSError:
            self.drop(link)
            return
        if way.ended and not way.queue:
            self.drop(link)
            return
        self.watch(way.source, link)
        self.watch(way.sink, link)

    # -- commands -----------------------------------------------------------------------------

    def obey(self, line):
        word, *rest = line.split()
        if word == "open":
            for link in self.links():
                if link.is_mute:
                    self.drop(link)
            self.is_hole, self.delay_s = False, 0.0
            self.listen()
        elif word == "cut":
            if self.listener is not None:
                self.poll.unregister(self.listener)
                self.listener.close()
                self.listener = None
            for link in self.links():
                self.drop(link)
        elif word == "hole":
            self.is_hole = True
        elif word == "mute":
            for link in self.links():
                link.is_mute = True
        elif word == "half":
            for link in self.links():
                link.is_mute = True
                link.client.shutdown(socket.SHUT_WR)
        elif word == "answer":
            for link in self.links():
                link.drops_answer = True
        elif word == "delay":
            self.delay_s = float(rest[0]) / 1000
            self.is_late = True
        else:
            raise ValueError(line)
        print("done", flush=True)

    def hear(self):
        """Commands; False at the end of them."""
        text = os.read(0, 4096)
        for line in text.decode().splitlines():
            self.obey(line)
        return text != b""

    def waits_s(self):
        due = [q[0][0] for link in self.links() for q in (link.up.queue, link.down.queue) if q]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def catch_up(self):
        """Bytes stay in order: what was delayed goes out when it is due, also after the delay has ended."""
        for link in self.links():
            for way in (link.up, link.down):
                if way.queue:
                    self.write(way, link)
        self.is_late = self.delay_s > 0 or any(w.queue for k in self.links() for w in (k.up, k.down))

    def run(self):
        while True:
            if self.is_hole:
                select.select([0], [], [])
                if not self.hear():
                    return
                continue
            for descriptor, events in self.poll.poll(self.waits_s() if self.is_late else None):
                if descriptor == 0:
                    if not self.hear():
                        return
                    break  # it may have changed everything
                if self.listener is not None and descriptor == self.listener.fileno():
                    self.take()
                elif descriptor in self.ends:
                    end, link = self.ends[descriptor]
                    if events & select.EPOLLOUT:
                        self.write(link.way_to(end), link)
                    if events & ~select.EPOLLOUT and descriptor in self.ends:
                        self.read(end, link)
            if self.is_late:
                self.catch_up()


if __name__ == "__main__":
    Relay(sys.argv[1], sys.argv[2]).run()
