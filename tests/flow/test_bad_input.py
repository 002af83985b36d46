"""Bad input: a clear 4xx and one log line, never a 500, a crash or a stall (issue 2, section 7)."""
import json
import socket
import time

import pytest
from harness.oidc import Attempt, b64, jwt_parts

CLOSED = 0


def talk(service, data, seconds=6, close_after=True):
    """Raw bytes in; the first status (CLOSED when the connection just ended) and all bytes out."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=seconds) as s:
        s.sendall(data)
        if close_after:
            s.settimeout(seconds)
        out = b""
        try:
            while b"\r\n\r\n" not in out:
                more = s.recv(65536)
                if not more:
                    break
                out += more
        except ConnectionResetError:
            pass
        except socket.timeout:
            raise AssertionError(f"a stall: no answer in {seconds} s to {data[:80]!r}") from None
    status = int(out.split(b" ", 2)[1]) if out.startswith(b"HTTP/1.") else CLOSED
    return status, out


def head(service, first="GET /.well-known/openid-configuration HTTP/1.1", extra=b"", host=None):
    host = host if host is not None else f"Host: localhost:{service.port}\r\n".encode()
    return first.encode() + b"\r\n" + host + extra + b"\r\n"


def form(service, path, body, kind=b"application/x-www-form-urlencoded", extra=b""):
    return (f"POST {path} HTTP/1.1\r\nHost: localhost:{service.port}\r\n".encode() + extra +
            b"Content-Type: " + kind + b"\r\nContent-Length: " + str(len(body)).encode() +
            b"\r\n\r\n" + body)


def expect_refusal(service, data, allowed=(400, 403, 404, 405, 408, 411, 413, 414, 415, 417, 421, 431,
                                           501, 505), lines=1):
    mark = service.log_mark()
    status, out = talk(service, data)
    assert status in allowed, (status, out[:300])

    def told():
        return [line for line in service.log_lines(since=mark) if "http.re" in line or "refused" in line]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and len(told()) < lines:
        time.sleep(0.02)
    time.sleep(0.05)
    assert len(told()) == lines, told()
    assert service.get("/health/live").status_code == 200


HTTP_CASES = {
    "no host": lambda s: head(s, host=b""),
    "two hosts": lambda s: head(s, extra=b"Host: evil.example\r\n"),
    "foreign host": lambda s: head(s, host=b"Host: evil.example\r\n"),
    "host with a user": lambda s: head(s, host=f"Host: a@localhost:{s.port}\r\n".encode()),
    "absolute form of another host": lambda s: head(s, "GET http://evil.example/token HTTP/1.1"),
    "bare line feeds": lambda s: head(s).replace(b"\r\n", b"\n"),
    "nul in a value": lambda s: head(s, extra=b"X-A: a\0b\r\n"),
    "nul in the path": lambda s: head(s, "GET /a\0b HTTP/1.1"),
    "space before the colon": lambda s: head(s, extra=b"X-A : b\r\n"),
    "folded header": lambda s: head(s, extra=b"X-A: b\r\n c\r\n"),
    "two lengths": lambda s: head(s, "POST /token HTTP/1.1",
                                  b"Content-Length: 3\r\nContent-Length: 4\r\n") + b"abcd",
    "signed length": lambda s: head(s, "POST /token HTTP/1.1", b"Content-Length: +3\r\n") + b"abc",
    "negative length": lambda s: head(s, "POST /token HTTP/1.1", b"Content-Length: -1\r\n"),
    "length with letters": lambda s: head(s, "POST /token HTTP/1.1", b"Content-Length: 3abc\r\n") + b"abc",
    "length and chunks": lambda s: head(s, "POST /token HTTP/1.1",
                                        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n") + b"abc",
    "chunks": lambda s: head(s, "POST /token HTTP/1.1", b"Transfer-Encoding: chunked\r\n") +
    b"0x3\r\nabc\r\n0\r\n\r\n",
    "strange encoding": lambda s: head(s, "POST /token HTTP/1.1", b"Transfer-Encoding: xchunked\r\n"),
    "unknown method": lambda s: head(s, "BREW / HTTP/1.1"),
    "connect": lambda s: head(s, "CONNECT evil.example:443 HTTP/1.1"),
    "http 2": lambda s: head(s, "GET / HTTP/2.0"),
    "http 0.9": lambda s: b"GET /\r\n\r\n",
    "huge header": lambda s: head(s, extra=b"X-A: " + b"a" * 100000 + b"\r\n"),
    "huge path": lambda s: head(s, "GET /" + "a" * 100000 + " HTTP/1.1"),
    "thousands of headers": lambda s: head(s, extra=b"A: b\r\n" * 20000),
    "huge announced body": lambda s: head(s, "POST /token HTTP/1.1", b"Content-Length: 99999999999\r\n"),
    "length beyond 64 bits": lambda s: head(s, "POST /token HTTP/1.1",
                                            b"Content-Length: 18446744073709551617\r\n"),
    "binary noise": lambda s: bytes(range(256)) * 4 + b"\r\n\r\n",
    "tls on the plain port": lambda s: b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + b"\r\n\r\n" * 20,
    "bad escape in the path": lambda s: head(s, "GET /%zz HTTP/1.1"),
    "dots in the path": lambda s: head(s, "GET /../../etc/passwd HTTP/1.1"),
    "two authorizations": lambda s: form(s, "/token", b"grant_type=client_credentials",
                                         extra=b"Authorization: Basic YTpi\r\n" * 2),
}


@pytest.mark.parametrize("case", HTTP_CASES)
def test_malformed_http_is_refused(service, case):
    expect_refusal(service, HTTP_CASES[case](service))


@pytest.mark.parametrize("body", [
    b"grant_type=%00", b"grant_type=\0", b"grant_type=%ff%fe", b"grant_type=%zz", b"grant_type=%", b"&&&=",
    b"grant_type=client_credentials&grant_type=client_credentials", b"=" * 1000, b"a&b&c",
    b"grant_type=authorization_code&code=' OR 1=1; DROP TABLE code; --&redirect_uri=x&code_verifier=y",
    b"grant_type=authorization_code&code=%F0%9F%92%A9&redirect_uri=x&code_verifier=y",
    b"client_id=%27%3B--&client_secret=x&grant_type=client_credentials",
    b"x=1&" * 3000,
], ids=lambda b: repr(b[:40]))
def test_bad_forms_get_a_clear_answer(service, body):
    status, out = talk(service, form(service, "/token", body))
    assert status in (400, 401, 413), out[:300]


def test_megabyte_parameters_are_refused(service):
    expect_refusal(service, form(service, "/token", b"code=" + b"a" * 1048576)[:70000] + b"", (413, 400))
    answer = service.first.http.get(service.first.discovery["authorization_endpoint"] + "?state=" +
                                    "a" * 60000, timeout=10)
    assert answer.status_code in (400, 414, 431)


def test_other_content_types_are_refused(service):
    for kind in (b"application/json", b"multipart/form-data; boundary=x", b"text/plain"):
        status, _ = talk(service, form(service, "/token", b"{}", kind))
        assert status in (400, 401, 415)


@pytest.mark.parametrize("path", ["/authorize?client_id=first&state=%00", "/authorize?client_id=first&state=%ff",
                                  "/authorize?client_id=first&client_id=second", "/authorize?client_id=%zz",
                                  "/authorize?flag&client_id=first", "/authorize?" + "a=b&" * 2000,
                                  "/login/" + "A" * 46, "/login/x", "/login/..%2f..%2f", "/login/%00"])
def test_bad_queries_get_a_page(service, path):
    status, out = talk(service, head(service, f"GET {path} HTTP/1.1"))
    assert 400 <= status < 500, out[:300]


def deep(n):
    return '{"a":' * n + "1" + "}" * n


@pytest.mark.parametrize("claims", [deep(5000), '{"id_token":' + "[" * 3000, '{"a":1,"a":2}', '"x"', "null",
                                    '{"id_token":{"acr":{"values":[' + "1," * 2000 + "1]}}}",
                                    '{"userinfo":{"name":"x"}}'], ids=lambda c: c[:30])
def test_bad_claims_parameters_are_refused(service, claims):
    from harness.browser import Left
    try:
        page = service.first.browser().open(service.first.url(Attempt(), claims=claims))
        assert 400 <= page.status < 500
    except Left as left:
        assert left.parameters["error"] == "invalid_request"


def bent(token, header=None, claims=None, signature=None):
    h, c, s = jwt_parts(token)
    h.update(header or {})
    c.update(claims or {})
    return ".".join([b64(json.dumps(h).encode()), b64(json.dumps(c).encode()),
                     b64(s if signature is None else signature)])


def hmac_with_public_key(token, jwk):
    """RS/HS confusion: HS256 keyed with what the JWKS publishes."""
    import hashlib
    import hmac
    h, c, _ = jwt_parts(token)
    h["alg"] = "HS256"
    data = b64(json.dumps(h).encode()) + "." + b64(json.dumps(c).encode())
    return data + "." + b64(hmac.new(json.dumps(jwk).encode(), data.encode(), hashlib.sha256).digest())


TOKENS = {
    "none": lambda t, k: bent(t, {"alg": "none"}, signature=b""),
    "none with a signature": lambda t, k: bent(t, {"alg": "none"}),
    "None": lambda t, k: bent(t, {"alg": "NoNe"}, signature=b""),
    "hmac with the public key": hmac_with_public_key,
    "foreign kid": lambda t, k: bent(t, {"kid": "foreign"}),
    "kid as a path": lambda t, k: bent(t, {"kid": "../../../../dev/null"}),
    "kid as sql": lambda t, k: bent(t, {"kid": "x' UNION SELECT 'k"}),
    "kid is a number": lambda t, k: bent(t, {"kid": 5}),
    "own key in the head": lambda t, k: bent(t, {"jwk": k}),
    "jku": lambda t, k: bent(t, {"jku": "https://evil.example/jwks"}),
    "huge exp": lambda t, k: bent(t, claims={"exp": 10 ** 30}),
    "exp as text": lambda t, k: bent(t, claims={"exp": "never"}),
    "b64 false": lambda t, k: bent(t, {"b64": False, "crit": ["b64"]}),
    "unknown crit": lambda t, k: bent(t, {"crit": ["x"]}),
    "lower case alg": lambda t, k: bent(t, {"alg": "es256"}),
    "four parts": lambda t, k: t + ".x",
    "two parts": lambda t, k: t.rsplit(".", 1)[0],
    "padding": lambda t, k: t + "==",
    "trailing space": lambda t, k: t + "%20",
    "zero signature": lambda t, k: bent(t, signature=bytes(64)),
    "other alphabet": lambda t, k: t.replace("-", "+").replace("_", "/") + "!",
    "deep head": lambda t, k: b64(deep(3000).encode()) + "." + t.split(".", 1)[1],
    "empty": lambda t, k: "..",
    "a megabyte": lambda t, k: "a" * 60000 + "." + "b" * 300 + ".c",
}


@pytest.mark.parametrize("case", TOKENS)
def test_bent_tokens_are_refused_everywhere(service, case):
    """spec: RFC 9068 §4:signature, RFC 8725 §3.10, §3.3, RFC 7515 §10.7"""
    client = service.first
    token = client.log_in(service.an)["access_token"]
    bad = TOKENS[case](token, client.jwks()["keys"][0])
    told = client.post("introspection_endpoint", {"token": bad})
    assert (told.status_code == 200 and told.json() == {"active": False}) or told.status_code in (400, 413)
    info = client.http.post(client.discovery["userinfo_endpoint"], data={"access_token": bad}, timeout=10)
    assert info.status_code in (400, 401, 413)
    if len(bad) < 4000:
        header = client.http.get(client.discovery["userinfo_endpoint"], timeout=60,
                                 headers={"Authorization": "Bearer " + bad})
        assert header.status_code in (400, 401)


def test_sql_metacharacters_are_just_text(service):
    browser = service.first.browser()
    page = browser.open(service.first.url(Attempt()))
    for text in ("' OR '1'='1", "'; DROP TABLE identity; --", "\\'; --", "$$", "%s", "001090004821'--"):
        page = browser.log_in(page, text, "' OR '1'='1")
        assert page.kind == "login"
    assert service.query("SELECT count(*) FROM identity")[0][0] > 0


def test_a_slow_head_is_cut_off(make_service):
    service = make_service({"server": {"head_timeout_ms": 1000}}, fill=False)
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as s:
        s.settimeout(0.3)
        ended = False
        for byte in b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 100:
            try:
                s.sendall(bytes([byte]))
                answer = s.recv(1000)
                ended = True
                assert answer == b"" or b" 408 " in answer
                break
            except socket.timeout:
                continue
            except (ConnectionResetError, BrokenPipeError):
                ended = True
                break
        assert ended


def test_many_idle_connections_do_not_stop_others(service):
    idle = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(200)]
    try:
        assert service.get("/health/ready").status_code == 200
    finally:
        for one in idle:
            one.close()


def test_clients_that_hang_up_early_do_no_harm(service):
    request = head(service)
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", service.port)) as s:
            s.sendall(request)
    assert service.get("/health/ready").status_code == 200
