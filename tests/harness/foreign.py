"""An OpenID provider that is not ours, and a portal beside it: small, plain, and broken to order.  It offers what OpenID
Connect Discovery requires and nothing else; every fault is one keyword of reset()."""
import base64
import datetime
import ipaddress
import json
import ssl
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

DEFAULTS = {"date_shift_s": 0, "metadata": {}, "metadata_status": 200, "metadata_text": None, "metadata_redirect": None,
            "jwks": None, "jwks_status": 200, "code_is_good": False, "authorize_error": "login_required",
            "token_error": "invalid_grant", "refuse_client": False, "refusal": "", "echo_secret": False,
            "backchannel": 400, "cookie": "login=1; SameSite=Lax; HttpOnly", "sends_redirect": None, "sends_client": None,
            "callback_redirect": None}


class Certificate:
    def __init__(self, path, key_path, key, made):
        self.path, self.key_path, self.key, self.made = path, key_path, key, made


def _write(directory, name, key, made):
    path, key_path = directory / (name + ".pem"), directory / (name + ".key")
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))
    return Certificate(path, key_path, key, made)


def _builder(name, public, issuer, begins, ends):
    return (x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(issuer or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])).public_key(public)
            .serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends))


def authority(directory, name):
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.utcnow()
    made = _builder("authority " + name, key.public_key(), None, now - datetime.timedelta(days=9),
                    now + datetime.timedelta(days=99)).add_extension(x509.BasicConstraints(True, None), True)\
        .sign(key, hashes.SHA256())
    return _write(directory, "ca-" + name, key, made)


def certificate(ca, host, days=100, begins=-5, directory=None):
    """ca None: signed by itself.  It ends in `days`."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.utcnow()
    names = [x509.DNSName(host)]
    if host == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    made = _builder(host, key.public_key(), ca and ca.made.subject, now + datetime.timedelta(days=begins),
                    now + datetime.timedelta(days=days, minutes=5))\
        .add_extension(x509.SubjectAlternativeName(names), False).sign(ca.key if ca else key, hashes.SHA256())
    return _write(directory or ca.path.parent, f"server-{made.serial_number}", key, made)


def _number(n):
    return base64.urlsafe_b64encode(n.to_bytes((n.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


RSA = rsa.generate_private_key(65537, 2048).public_key().public_numbers()


class Foreign:
    def __init__(self, made=None):
        self.requests = []
        self.reset()
        foreign = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                foreign.answer(self, {})

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                foreign.answer(self, {k: v[0] for k, v in parse_qs(body).items()})

            def date_time_string(self, timestamp=None):
                return formatdate(time.time() + foreign.faults["date_shift_s"], usegmt=True)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):  # handshakes that the other side gave up
                pass
        self.server = Server(("127.0.0.1", 0), Handler)
        if made:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(made.path, made.key_path)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        scheme, port = "https" if made else "http", self.server.server_address[1]
        self.issuer = f"{scheme}://localhost:{port}"
        self.portal = f"{scheme}://127.0.0.1:{port}/portal"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def reset(self, **faults):
        assert set(faults) <= set(DEFAULTS), faults
        self.faults = dict(DEFAULTS, **faults)

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    # -- answers -------------------------------------------------------------------------------

    def answer(self, handler, form):
        url = urlsplit(handler.path)
        self.requests.append(url.path)
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        status, headers, body = self.route(url.path, query, form, handler.headers)
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def route(self, path, query, form, headers):
        f = self.faults

        def reply(status, value, *more):
            return status, [("Content-Type", "application/json"), *more], json.dumps(value).encode()

        def go(url, *more):
            return 302, [("Location", url), *more], b""
        if path == "/.well-known/openid-configuration":
            if f["metadata_redirect"]:
                return go(f["metadata_redirect"])
            if f["metadata_text"]:
                return 200, [("Content-Type", "text/html")], f["metadata_text"].encode()
            return reply(f["metadata_status"], self.metadata())
        if path == "/jwks":
            key = {"kty": "RSA", "n": _number(RSA.n), "e": _number(RSA.e), "kid": "1", "use": "sig"}
            return reply(f["jwks_status"], {"keys": [key]} if f["jwks"] is None else f["jwks"])
        if path == "/authorize":
            if query.get("redirect_uri") != self.portal + "/callback":
                return reply(400, {"error": "redirect"})
            return go(query["redirect_uri"] + "?" + urlencode({"error": f["authorize_error"], "state": query["state"]}))
        if path == "/token":
            return self.token(form, headers, reply)
        if path == "/portal/callback":
            return go(f["callback_redirect"]) if f["callback_redirect"] else reply(400, {})
        if path == "/portal/backchannel-logout":
            return (f["backchannel"], [("Cache-Control", "no-store")] +
                    ([("Location", "/login")] if f["backchannel"] == 302 else []), b"")
        if path == "/portal/login":
            sent = {"client_id": f["sends_client"] or "portal",
                    "redirect_uri": f["sends_redirect"] or self.portal + "/callback"}
            return go(self.issuer + "/authorize?" + urlencode(sent), *([("Set-Cookie", f["cookie"])] if f["cookie"] else []))
        return reply(404, {})

    def metadata(self):
        told = {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize",
                "token_endpoint": self.issuer + "/token", "jwks_uri": self.issuer + "/jwks",
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"]}
        told.update(self.faults["metadata"])
        return {k: v for k, v in told.items() if v is not None}

    def token(self, form, headers, reply):
        f = self.faults
        given = headers.get("Authorization", "")
        if f["refuse_client"] or not (given or "client_secret" in form or "client_assertion" in form):
            said = f["refusal"]
            if f["echo_secret"] and given.startswith("Basic "):
                from urllib.parse import unquote_plus
                said = "wrong: " + unquote_plus(base64.b64decode(given[6:]).decode().split(":")[1])
            return reply(401, {"error": "invalid_client", "error_description": said})
        if f["code_is_good"]:
            return reply(200, {"access_token": "x", "token_type": "Bearer", "id_token": "x"})
        return reply(400, {"error": f["token_error"]})
