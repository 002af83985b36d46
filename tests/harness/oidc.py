"""An OpenID client as a test needs it: every parameter can be bent."""
import base64
import hashlib
import json
import secrets
import time
from urllib.parse import quote, urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (decode_dss_signature,
                                                             encode_dss_signature)

from harness.browser import Browser, Left
from harness.wait import until


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jwt_parts(token):
    head, body, signature = token.split(".")
    return json.loads(unb64(head)), json.loads(unb64(body)), unb64(signature)


def number(text):
    return int.from_bytes(unb64(text), "big")


class BadToken(Exception):
    pass


def jwt_verify(token, jwks, alg="ES256"):
    """Header and claims of a token signed by a key of the set; BadToken otherwise."""
    head, body, signature = jwt_parts(token)
    if head.get("alg") != alg:
        raise BadToken(f"alg {head.get('alg')}")
    jwk = next((k for k in jwks["keys"] if k["kid"] == head.get("kid")), None)
    if jwk is None:
        raise BadToken(f"unknown kid {head.get('kid')}")
    data = token.rsplit(".", 1)[0].encode()
    try:
        if jwk["kty"] == "EC":
            public = ec.EllipticCurvePublicNumbers(number(jwk["x"]), number(jwk["y"]),
                                                   ec.SECP256R1()).public_key()
            der = encode_dss_signature(int.from_bytes(signature[:32], "big"),
                                       int.from_bytes(signature[32:], "big"))
            public.verify(der, data, ec.ECDSA(hashes.SHA256()))
        elif jwk["kty"] == "OKP":
            Ed25519PublicKey.from_public_bytes(unb64(jwk["x"])).verify(signature, data)
        else:
            public = rsa.RSAPublicNumbers(number(jwk["e"]), number(jwk["n"])).public_key()
            pad = padding.PKCS1v15() if alg == "RS256" else padding.PSS(
                padding.MGF1(hashes.SHA256()), 32)
            public.verify(signature, data, pad, hashes.SHA256())
    except InvalidSignature:
        raise BadToken("signature") from None
    return head, body


def jwt_sign_es256(key, header, claims):
    data = b64(json.dumps(header).encode()) + "." + b64(json.dumps(claims).encode())
    r, s = decode_dss_signature(key.sign(data.encode(), ec.ECDSA(hashes.SHA256())))
    return data + "." + b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def ec_key():
    return ec.generate_private_key(ec.SECP256R1())


def ec_jwk(key, kid):
    n = key.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid,
            "x": b64(n.x.to_bytes(32, "big")), "y": b64(n.y.to_bytes(32, "big"))}


class Attempt:
    """One authorization request: what must be remembered until its answer."""

    def __init__(self):
        self.state, self.nonce = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        self.verifier = secrets.token_urlsafe(48)
        self.challenge = b64(hashlib.sha256(self.verifier.encode()).digest())


class Client:
    def __init__(self, service, registration, redirect_uri=None):
        self.service = service
        self.registration = registration
        self.id = registration["client_id"]
        self.secret = registration.get("client_secret")
        self.redirect_uri = redirect_uri or (registration.get("redirect_uris") or [None])[0]
        self.scope = "openid"
        self.http = service.session()
        self._discovery = None

    @property
    def discovery(self):
        if self._discovery is None:
            self._discovery = self.http.get(
                self.service.issuer + "/.well-known/openid-configuration", timeout=60).json()
        return self._discovery

    def jwks(self):
        return self.http.get(self.discovery["jwks_uri"], timeout=60).json()

    def parameters(self, attempt, **over):
        p = {"response_type": "code", "client_id": self.id, "redirect_uri": self.redirect_uri,
             "scope": self.scope, "state": attempt.state, "nonce": attempt.nonce,
             "code_challenge": attempt.challenge, "code_challenge_method": "S256"}
        p.update(over)
        return {k: v for k, v in p.items() if v is not None}

    def url(self, attempt, **over):
        return self.discovery["authorization_endpoint"] + "?" + urlencode(
            self.parameters(attempt, **over), quote_via=quote)

    def browser(self, language="vi"):
        return Browser(self.service.issuer, self.service.ca_file, language)

    def authorize(self, browser, person, attempt=None, consent="allow", select="continue", **over):
        """Goes through whatever is asked; returns (attempt, Left)."""
        attempt = attempt or Attempt()
        try:
            page = browser.open(self.url(attempt, **over))
        except Left as left:
            return attempt, left
        return attempt, browser.finish(page, person, consent=consent, select=select)

    def post(self, endpoint, fields, auth="basic", **other):
        url = self.discovery[endpoint]
        other.setdefault("timeout", 20)
        if auth == "basic" and self.secret:
            # spec: RFC 6749 §2.3.1: both are form-encoded first
            other["auth"] = (quote(self.id, safe=""), quote(self.secret, safe=""))
        elif auth == "post":
            fields = dict(fields, client_id=self.id, client_secret=self.secret)
        elif auth == "none" or not self.secret:
            fields = dict(fields, client_id=self.id)
        return self.http.post(url, data=fields, **other)

    def token(self, fields, **other):
        return self.post("token_endpoint", fields, **other)

    def redeem(self, attempt, left, headers=None, **over):
        fields = {"grant_type": "authorization_code", "code": left.parameters.get("code"),
                  "redirect_uri": self.redirect_uri, "code_verifier": attempt.verifier}
        fields.update(over)
        return self.token({k: v for k, v in fields.items() if v is not None}, headers=headers)

    def refresh(self, refresh_token, headers=None, **over):
        return self.token(dict({"grant_type": "refresh_token", "refresh_token": refresh_token}, **over),
                          headers=headers)

    def wait_unknown(self):
        """Until every web process has been told, milliseconds after the commit, that this client is none any more:
        each question is a new connection, and any of them may get it."""
        def refused():
            with self.service.session() as http:
                return http.post(self.discovery["token_endpoint"], auth=(self.id, self.secret), timeout=60,
                                 data={"grant_type": "refresh_token", "refresh_token": "x"}).status_code == 401
        until(lambda: all(refused() for _ in range(8)))

    def log_in(self, person, browser=None, **over):
        """The whole code flow; the token response as a dictionary."""
        browser = browser or self.browser()
        attempt, left = self.authorize(browser, person, **over)
        assert left.parameters.get("state") == attempt.state, left.url
        assert left.parameters.get("iss") == self.service.issuer, left.url
        assert "code" in left.parameters, left.url
        answer = self.redeem(attempt, left)
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        tokens["attempt"], tokens["browser"] = attempt, browser
        return tokens

    def id_token(self, tokens, nonce=None):
        """Claims of a verified ID token."""
        _, claims = jwt_verify(tokens["id_token"], self.jwks())
        assert claims["iss"] == self.service.issuer
        audience = claims["aud"]
        assert audience == self.id or audience == [self.id], audience
        assert claims["exp"] > time.time() - 5
        if nonce:
            assert claims["nonce"] == nonce
        return claims

    def userinfo(self, access_token, method="get"):
        headers = {"Authorization": "Bearer " + access_token}
        return self.http.request(method, self.discovery["userinfo_endpoint"], headers=headers, timeout=60)

    def introspect(self, token, **other):
        answer = self.post("introspection_endpoint", {"token": token}, **other)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def revoke(self, token, **fields):
        return self.post("revocation_endpoint", dict({"token": token}, **fields))

    def push(self, attempt, headers=None, **over):
        return self.post("pushed_authorization_request_endpoint", self.parameters(attempt, **over),
                         headers=headers)
