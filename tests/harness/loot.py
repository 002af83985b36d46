"""A thief's search: what somebody looks for in a stolen database, in every spelling it could have there, and whatever
could be decoded."""
import base64
import glob
import ipaddress
import os
import re
import subprocess
import tempfile
import unicodedata
from urllib.parse import quote

from harness.oidc import unb64


class Loot:
    """What a thief looks for: what it is → its bytes."""

    def __init__(self):
        self.texts, self.bytes = {}, {}

    def text(self, what, value):
        assert value and len(value) >= 4, what
        self.texts[f"{what}: {value}"] = value

    def bearer(self, what, value):
        """A secret in base64url: as text, and what it stands for, with and without the bucket in front."""
        self.text(what, value)
        for part in value.split("."):
            try:
                raw = unb64(part)
            except ValueError:
                continue
            if len(raw) >= 16 and not raw.startswith(b"{"):
                self.bytes[f"{what}, decoded, of {value[:8]}… {len(part)}"] = raw
                if len(raw) == 34:
                    self.bytes[f"{what}, its secret, of {value[:8]}…"] = raw[2:]

    def address(self, text):
        self.text("IP address", text)
        self.bytes["IP address, packed: " + text] = ipaddress.ip_address(text).packed

    def parts(self):
        """What is already worth something: nine digits in a row of a number, half of a secret."""
        out = {}
        for what, text in self.texts.items():
            digits = text.replace(" ", "").replace("+", "")
            if digits.isdigit() and len(digits) >= 10:
                out.update({digits[i:i + 9].encode(): "a part of " + what for i in range(len(digits) - 8)})
            secret = text.rsplit(".", 1)[-1]  # of a JWT the signature: its head is everybody's
            if len(secret) >= 32 and re.fullmatch(r"[A-Za-z0-9_-]+", secret):
                out.update({secret[i:i + 16].encode(): "a part of " + what for i in range(0, len(secret) - 15, 8)})
        return out

    def needles(self):
        """{bytes: what}, in every spelling a column could hold; other encodings are undone before the search."""
        out = self.parts()
        for what, text in self.texts.items():
            spelled = {text}
            if len(text) < 200:
                plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
                spelled |= {unicodedata.normalize("NFD", text), text.lower(), text.upper(), text.replace(" ", ""),
                            quote(text), quote(text, safe=""), text.encode("unicode_escape").decode(),
                            plain.replace("đ", "d").replace("Đ", "D")}
            for one in spelled:
                out[one.encode()] = what
                out[one.encode("utf-16-le")] = what
                out[one.encode("utf-16-be")] = what
        out.update({raw: what for what, raw in self.bytes.items()})
        for raw, what in list(out.items()):
            out[raw[::-1]] = what
            octal = b"".join(b"\\%03o" % c if c > 126 or c < 32 else bytes([c]) for c in raw)
            out[octal] = what
            out[octal.replace(b"\\", b"\\\\")] = what
        return out


def dump(service):
    program = sorted(glob.glob("/usr/lib/postgresql/*/bin/pg_dump"))[-1]
    done = subprocess.run([program, "--inserts", "--no-comments", service.postgres.url(service.database)],
                          check=True, capture_output=True)
    assert b"INTO authd.throttle" in done.stdout, "unlogged tables are part of the loot"
    return done.stdout


def binaries(text):
    """Every bytea value of a dump."""
    return [bytes.fromhex(m.decode()) for m in re.findall(rb"'\\x((?:[0-9a-f]{2})+)'", text)]


def decoded(text):
    """Whatever could be hexadecimal, base64 or base32, decoded at every alignment."""
    out = []
    for word in set(re.findall(rb"[A-Za-z0-9+/_-]{8,}", text)):
        for digits in re.findall(rb"(?:[0-9a-fA-F]{2}){4,}", word):
            out += [bytes.fromhex(digits.decode()), bytes.fromhex(digits[1:-1].decode())]
        if re.fullmatch(rb"x?[0-9a-f]+", word):
            continue
        for start in range(4):
            cut = word[start:].replace(b"-", b"+").replace(b"_", b"/")
            out.append(base64.b64decode(cut + b"A" * (-len(cut) % 4)))
        if re.fullmatch(rb"[A-Z2-7]{16,}", word):
            out.append(base64.b32decode(word + b"=" * (-len(word) % 8)))
    return out


def find_in_files(loot, directory, folders):
    """(what, file) of what stands in files below the folders.  A needle is its longest part that fits a line."""
    needles = {}
    plain = {unicodedata.normalize(form, text).encode(): what
             for what, text in loot.texts.items() for form in ("NFC", "NFD")}
    for raw, what in (plain | {raw: what for what, raw in loot.bytes.items()}).items():
        for form in (raw, raw.hex().encode()):
            part = max(re.split(rb"[\n\0]", form), key=len)
            if len(part) >= 6:
                needles[part] = what
    with tempfile.NamedTemporaryFile() as patterns:
        patterns.write(b"\n".join(needles))
        patterns.flush()
        done = subprocess.run(["grep", "-rlaF", "-f", patterns.name, *folders], cwd=directory, check=False,
                              capture_output=True, env=dict(os.environ, LC_ALL="C"))
    assert done.returncode in (0, 1) and not done.stderr, done.stderr
    found = set()
    for name in done.stdout.decode().splitlines():
        with open(os.path.join(directory, name), "rb") as file:
            heap = file.read()
        found |= {(what, name) for part, what in needles.items() if part in heap}
    return found


def find(loot, places):
    return sorted({f"{what} in {where}" for raw, what in loot.needles().items()
                   for where, heap in places if raw in heap})


def places_of(text):
    """What a thief searches who has this text."""
    return [("the text", text), ("a binary value", b"\xff\xff".join(binaries(text))),
            ("something decoded", b"\xff\xff".join(decoded(text)))]
