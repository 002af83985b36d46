"""An attacker inside a web process of authd_hijacked (tests/hijack): attempts, and messages as they are on the wire
(keys/signer/protocol.h, authd/peer/verifier_client.h)."""
import hashlib
import platform
import struct

import requests
from harness.oidc import unb64
from harness.service import Service

NUMBERS = {
    "x86_64": {"open": 2, "openat": 257, "socket": 41, "connect": 42, "bind": 49, "sendto": 44, "kill": 62,
               "tkill": 200, "mmap": 9, "mprotect": 10, "execve": 59, "execveat": 322, "fork": 57, "clone": 56,
               "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "pidfd_open": 434,
               "pidfd_getfd": 438, "prctl": 157, "setuid": 105, "unlink": 87, "rename": 82, "chmod": 90,
               "mkdir": 83, "memfd_create": 319, "bpf": 321, "io_uring_setup": 425, "unshare": 272, "mount": 165,
               "keyctl": 250, "prlimit64": 302, "tgkill": 234, "seccomp": 317, "personality": 135,
               "setpgid": 109, "setsid": 112, "read": 0, "clone3": 435, "ppoll": 271},
    "aarch64": {"openat": 56, "socket": 198, "connect": 203, "bind": 200, "sendto": 206, "kill": 129, "tkill": 130,
                "mmap": 222, "mprotect": 226, "execve": 221, "execveat": 281, "clone": 220, "ptrace": 117,
                "process_vm_readv": 270, "process_vm_writev": 271, "pidfd_open": 434, "pidfd_getfd": 438,
                "prctl": 167, "setuid": 146, "memfd_create": 279, "bpf": 280, "io_uring_setup": 425,
                "unshare": 97, "mount": 40, "keyctl": 219, "prlimit64": 261, "tgkill": 131, "seccomp": 277,
                "personality": 92, "setpgid": 154, "setsid": 157, "read": 63, "clone3": 435, "ppoll": 73},
}[platform.machine()]

ABSENT = b"\xff\xff\xff\xff"
NONE16, NONE32 = bytes(16), bytes(32)


def text(value):
    """A text field: bytes, str, or None for one that is absent."""
    if value is None:
        return ABSENT
    value = value.encode() if isinstance(value, str) else bytes(value)
    return struct.pack(">I", len(value)) + value


def u8(n):
    return struct.pack(">B", n)


def u32(n):
    return struct.pack(">I", n)


def i64(n):
    return struct.pack(">q", n)


# Fields of a proof in their order on the wire; the number is their size, 0 for texts.
PROOF = (("kind", 1), ("bearer", 32), ("subject", 16), ("actor", 16), ("mandate", 16), ("mandate_expires_at", 8),
         ("session", 16), ("account_level", 1), ("authentication_level", 1), ("amr", 4), ("auth_time", 8),
         ("expires_at", 8), ("grant_ends_at", 8), ("grant", 16), ("client_id", 0), ("sector", 0), ("scope", 0),
         ("claims", 0), ("nonce", 0), ("cnf", 0), ("resource", 0))
SESSION, CODE, REFRESH, GRANT, ENROLMENT = 1, 2, 3, 4, 5


def proof_read(sealed):
    """{field: bytes as on the wire} of a sealed proof, in order, with "version", "kid" and "mac"."""
    out, at = {"version": sealed[:1]}, 1

    def take(name, size):
        nonlocal at
        if size == 0:
            length = struct.unpack(">I", sealed[at:at + 4])[0]
            size = 4 + (0 if length == 0xffffffff else length)
        out[name] = sealed[at:at + size]
        at += size
    take("kid", 0)
    for name, size in PROOF:
        take(name, size)
    take("mac", 32)
    assert at == len(sealed)
    return out


def proof_write(fields):
    return b"".join(fields.values())


def proof(**over):
    """The fields of a proof that is to be sealed, as issue_code takes it."""
    out = b""
    for name, size in PROOF:
        value = over.pop(name, None)
        if size == 0:
            out += text(value)
        elif isinstance(value, int):
            out += value.to_bytes(size, "big", signed=True)
        else:
            out += value or bytes(size)
    assert not over, over
    return out


def document(row):
    """A row of Hijacked.documents as the signer reads it."""
    return (row["identity"] + text(row["kind"]) + u32(row["version"]) + text(row["sealed"]) + text(row["key"])
            + u32(row["bucket"]) + u32(row["bucket_version"]) + text(row["bucket_key"]))


def secret_of(handle):
    """What goes with a proof: the secret in a cookie, code or refresh token."""
    return unb64(handle)[:32]


def issue_code(session_proof, secret, **code):
    return text(session_proof) + text(secret) + proof(**code) + u8(1)


def issue_tokens(sealed, secret, scope=None, resource=None, cnf=None, refresh=None, refresh_until=0, documents=(),
                 alg="ES256"):
    return (text(sealed) + text(secret) + text(scope) + text(resource) + text(cnf) + u8(1) + text(alg) + u32(0)
            + (hashlib.sha256(refresh).digest() if refresh else NONE32) + i64(refresh_until)
            + u8(0) + u8(0) + u32(len(documents)) + b"".join(documents))


def userinfo(access_token, grant_proof, documents=()):
    return text(access_token) + text(grant_proof) + u32(len(documents)) + b"".join(documents)


def fields_of(answer, n):
    """The first n text fields of an answer."""
    out, at = [], 0
    for _ in range(n):
        length = struct.unpack(">I", answer[at:at + 4])[0]
        at += 4
        if length == 0xffffffff:
            out.append(None)
            continue
        out.append(answer[at:at + length])
        at += length
    return out


class Killed(Exception):
    """The process ended at this attempt."""


class Hijacked(Service):
    """A service all of whose web processes are the attacker's."""
    program = "authd_hijacked"

    def orders(self, attempts):
        """Runs them in one process; (its pid, results)."""
        with self.session() as s:
            try:
                answer = s.post(self.issuer + "/hijack", json=attempts, timeout=60)
            except requests.ConnectionError as error:
                raise Killed(str(attempts)[:200]) from error
        assert answer.status_code == 200, answer.text
        told = answer.json()
        return told["pid"], told["results"]

    def attempt(self, one):
        return self.orders([one])[1][0]

    def system(self, name, *args):
        return self.attempt({"do": "syscall", "nr": NUMBERS[name], "args": list(args)})

    def call(self, peer, op, message):
        told = self.attempt({"do": "call", "peer": peer, "op": op, "hex": message.hex()})
        return told["err"], told["why"], bytes.fromhex(told["hex"])

    def sql(self, statement, **other):
        return self.attempt(dict({"do": "sql", "sql": statement}, **other))

    def rows(self, statement):
        told = self.sql(statement)
        assert told["state"] == "00000", told
        return told["rows"]

    def documents(self, identity):
        """What the role may read of an identity: sealed."""
        rows = self.rows(f"""SELECT d.kind, d.version, encode(d.sealed, 'hex'), encode(k.wrapped, 'hex'), k.bucket,
                k.bucket_key_version, encode(b.wrapped, 'hex')
            FROM authd.identity_document d JOIN authd.identity_key k ON k.identity_id = d.identity_id
            JOIN authd.bucket_key b ON b.bucket = k.bucket AND b.version = k.bucket_key_version
            WHERE d.identity_id = '{identity}'""")
        return [{"identity": bytes.fromhex(identity.replace("-", "")), "kind": r[0], "version": int(r[1]),
                 "sealed": bytes.fromhex(r[2]), "key": bytes.fromhex(r[3]), "bucket": int(r[4]),
                 "bucket_version": int(r[5]), "bucket_key": bytes.fromhex(r[6])} for r in rows]


