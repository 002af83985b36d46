"""Keys and proofs of DPoP (RFC 9449) as a client makes them: every part can be bent."""
import hashlib
import json
import secrets
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from harness.oidc import b64


def size_of(n):
    return n.to_bytes((n.bit_length() + 7) // 8, "big")


class Key:
    def __init__(self, alg="ES256"):
        self.alg = alg
        if alg == "ES256":
            self.private = ec.generate_private_key(ec.SECP256R1())
            n = self.private.public_key().public_numbers()
            self.jwk = {"kty": "EC", "crv": "P-256", "x": b64(n.x.to_bytes(32, "big")),
                        "y": b64(n.y.to_bytes(32, "big"))}
        elif alg == "EdDSA":
            self.private = Ed25519PrivateKey.generate()
            raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            self.jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
        else:
            self.private = rsa.generate_private_key(65537, 2048)
            n = self.private.public_key().public_numbers()
            self.jwk = {"kty": "RSA", "n": b64(size_of(n.n)), "e": b64(size_of(n.e))}

    @property
    def jkt(self):
        """RFC 7638: SHA-256 over the required members in lexical order."""
        text = json.dumps(self.jwk, sort_keys=True, separators=(",", ":"))
        return b64(hashlib.sha256(text.encode()).digest())

    def private_jwk(self):
        d = self.private.private_numbers().private_value
        return dict(self.jwk, d=b64(d.to_bytes(32, "big")))

    def sign(self, data):
        if self.alg == "ES256":
            r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        if self.alg == "EdDSA":
            return self.private.sign(data)
        pad = padding.PKCS1v15() if self.alg == "RS256" else padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        return self.private.sign(data, pad, hashes.SHA256())

    def proof(self, method, url, token=None, header=None, nonce=None, **over):
        """A proof for one request; a claim or header member of None is left out."""
        head = {"typ": "dpop+jwt", "alg": self.alg, "jwk": self.jwk}
        head.update(header or {})
        claims = {"jti": secrets.token_urlsafe(16), "htm": method, "htu": url, "iat": int(time.time())}
        if token is not None:
            claims["ath"] = b64(hashlib.sha256(token.encode()).digest())
        if nonce is not None:
            claims["nonce"] = nonce
        claims.update(over)
        parts = [{k: v for k, v in part.items() if v is not None} for part in (head, claims)]
        data = ".".join(b64(json.dumps(part).encode()) for part in parts)
        return data + "." + b64(self.sign(data.encode()))

    def at(self, client, endpoint="token_endpoint", **bent):
        """The header for a POST to one of the provider's endpoints."""
        return {"DPoP": self.proof("POST", client.discovery[endpoint], **bent)}


def userinfo(client, token, key, method="GET", **bent):
    url = client.discovery["userinfo_endpoint"]
    headers = {"Authorization": "DPoP " + token, "DPoP": key.proof(method, url, token, **bent)}
    return client.http.request(method, url, headers=headers, timeout=60)
