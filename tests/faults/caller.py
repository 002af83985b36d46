"""One client's HTTP: a kept connection to each node, and every request in the history.  It never repeats a request:
whether to is the caller's decision."""
import http.client
import select
import socket
import time
from types import SimpleNamespace
from urllib.parse import urlencode, urlsplit

from faults.history import digest, now

PATIENCE_S = 30  # several times the server's own deadline: who waits so long was forgotten


class Answer:
    def __init__(self, got, status=None, headers=(), body=b"", why=None):
        self.got, self.status, self.body, self.why = got, status, body, why
        self.headers = [(k.lower(), v) for k, v in headers]

    def header(self, name):
        return next((v for k, v in self.headers if k == name), None)

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def definite(self):
        return self.got in ("ok", "refused")


def judged(status, headers):
    if status == 503 and any(k.lower() == "retry-after" for k, _ in headers):
        return "away"
    if 200 <= status < 400:
        return "ok"
    return "refused" if 400 <= status < 500 else "bad"


class Caller:
    def __init__(self, who, nodes, history, random):
        self.who, self.nodes, self.history, self.random = who, nodes, history, random
        self.kept = {}
        self.cookies = {}

    def close(self):
        for connection in self.kept.values():
            connection.close()
        self.kept = {}

    def _connection(self, node):
        """A kept connection, unless the other side has closed it meanwhile: then nothing was lost."""
        kept = self.kept.get(node)
        if kept is not None and kept.sock is not None:
            if not select.select([kept.sock], [], [], 0)[0]:
                return kept
            kept.close()
        made = http.client.HTTPConnection("127.0.0.1", self.nodes[node].port, timeout=PATIENCE_S)
        self.kept[node] = made
        return made

    def _ask(self, node, method, path, body, headers):
        connection = self._connection(node)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            data = response.read()
            if response.will_close:
                connection.close()
            return Answer(judged(response.status, response.getheaders()), response.status,
                          response.getheaders(), data)
        except (socket.timeout, TimeoutError) as error:
            connection.close()
            return Answer("late", why=repr(error))
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return Answer("lost", why=repr(error))

    def send(self, op, path, fields=None, client=None, bearer=None, read=None, cookies=False, node=None, **noted):
        """read(answer) gives what else belongs into the event; it may name another op or got."""
        node = self.random.randrange(len(self.nodes)) if node is None else node
        headers = {"Host": self.nodes[node].host, "Accept-Language": "en"}
        body = None
        if fields is not None:
            body = urlencode(fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Origin"] = self.nodes[node].issuer
        if client is not None:
            headers["Authorization"] = client.basic
        if bearer is not None:
            headers["Authorization"] = "Bearer " + bearer
        if cookies and self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        call = now()
        answer = self._ask(node, "GET" if body is None else "POST", path, body, headers)
        end = now()
        if cookies:
            self._keep_cookies(answer)
        event = {"op": op, "node": node, "got": answer.got, "status": answer.status}
        if answer.why:
            event["why"] = answer.why
        if answer.got == "bad":
            event["text"] = answer.text[:300]
        event.update(noted)
        if read is not None and answer.definite:
            event.update(read(answer) or {})
            answer.got = event["got"]
        answer.event = self.history.add(self.who, event.pop("op"), call, end, **event)
        return answer

    def _keep_cookies(self, answer):
        for name, value in answer.headers:
            if name == "set-cookie":
                pair, *attributes = value.split(";")
                key, _, text = pair.strip().partition("=")
                gone = any(a.strip().lower() == "max-age=0" for a in attributes)
                if gone or not text:
                    self.cookies.pop(key, None)
                else:
                    self.cookies[key] = text

    def session(self):
        """The digest of the cookie that stands for a login."""
        for name, value in self.cookies.items():
            if name.endswith("sso"):
                return digest(value)
        return None

    def wait(self, answer):
        """As an answer of 503 asks for, at most a second."""
        seconds = min(1.0, float(answer.header("retry-after") or 1)) if answer.got == "away" else 0.2
        time.sleep(seconds * (0.5 + self.random.random() / 2))


def page_of(issuer, path, answer):
    """For harness.browser.Page."""
    return SimpleNamespace(url=issuer + path, status_code=answer.status, text=answer.text)


def split(url):
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}", parts.path + ("?" + parts.query if parts.query else "")
