"""Promise 4: tokens are verified with libeid by several processes, with warm and cold key caches, while keys
are rotated 50 times and revoked 5 times.  Planned rotations fail nothing; a revoked key's tokens are refused
within the published maximum age."""
import os
import subprocess
import threading
import time

from harness.oidc import jwt_parts

MAX_AGE = 1
SLACK = 6  # to fetch, on a machine that runs other tests meanwhile


class Verifier:
    def __init__(self, service, client, audience, kind):
        self.kind = kind
        self.process = subprocess.Popen(
            [service.build + "/eid_verify", service.issuer, client.id, audience, kind],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def ask(self, token):
        self.process.stdin.write(token + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(10) == 0


class Load(threading.Thread):
    """Gets tokens by refreshing and has one verifier check each; collects what failed."""

    def __init__(self, service, client, verifier):
        super().__init__(daemon=True)
        self.service, self.client, self.verifier = service, client, verifier
        self.refresh_token = client.log_in(service.an, scope="openid offline_access")["refresh_token"]
        self.http = service.session()
        self.ended = threading.Event()
        self.failures, self.kids, self.count = [], set(), 0

    def run(self):
        while not self.ended.is_set():
            answer = self.http.post(self.client.discovery["token_endpoint"], timeout=20,
                                    auth=(self.client.id, self.client.secret),
                                    data={"grant_type": "refresh_token",
                                          "refresh_token": self.refresh_token})
            if answer.status_code != 200:
                self.failures.append(("refresh", answer.status_code, answer.text))
                return
            tokens = answer.json()
            self.refresh_token = tokens["refresh_token"]
            told = self.verifier.ask(tokens["access_token"])
            if not told.startswith("EID_OK"):
                self.failures.append((self.verifier.kind, told, jwt_parts(tokens["access_token"])[0]))
            self.kids.add(jwt_parts(tokens["access_token"])[0]["kid"])
            self.count += 1
            self.ended.wait(0.05)


def active(service):
    return service.query("SELECT kid FROM keystore_key WHERE use = 'sign' AND alg = 'ES256' "
                         "AND state = 'active'")[0][0]


def rotate(service):
    before = active(service)
    service.ctl("keys", "rotate", "--alg", "ES256")
    end = time.monotonic() + 30
    while active(service) == before:
        assert time.monotonic() < end, service.ctl_text("keys", "schedule")
        time.sleep(0.1)


def revoke(service, verifiers):
    """A revoked key's token stops being accepted everywhere within the maximum age."""
    client = service.first
    token = client.log_in(service.an)["access_token"]
    assert all(v.ask(token).startswith("EID_OK") for v in verifiers)
    kid = jwt_parts(token)[0]["kid"]
    service.ctl_text("--yes", "keys", "revoke", kid, "--reason", "storm")
    end = time.monotonic() + MAX_AGE + SLACK
    while any(v.ask(token).startswith("EID_OK") for v in verifiers):
        assert time.monotonic() < end, ("a revoked key is still believed",
                                        [v.ask(token) for v in verifiers], kid, client.jwks())
        time.sleep(0.1)
    fresh = client.log_in(service.an)["access_token"]
    assert jwt_parts(fresh)[0]["kid"] != kid
    for verifier in verifiers:
        told = verifier.ask(fresh)
        end = time.monotonic() + MAX_AGE + SLACK
        while not told.startswith("EID_OK") and time.monotonic() < end:
            time.sleep(0.1)
            told = verifier.ask(fresh)
        assert told.startswith("EID_OK"), (verifier.kind, told)


def test_fifty_rotations_and_five_revocations(make_service):
    rotations = int(os.environ.get("ROTATIONS", "50"))
    service = make_service({"keys": {"jwks_max_age_s": MAX_AGE, "publish_min_s": 1},
                            "lifetimes": {"access_token_s": 30}})
    client = service.first
    audience = jwt_parts(client.log_in(service.an)["access_token"])[1]["aud"]
    audience = audience if isinstance(audience, str) else audience[0]
    loads = [Load(service, client, Verifier(service, client, audience, kind))
             for kind in ("warm", "warm", "cold")]
    for load in loads:
        load.start()
    for _ in range(rotations):
        rotate(service)
        assert not any(load.failures for load in loads), [load.failures for load in loads]
    for load in loads:
        load.ended.set()
        load.join(30)
        assert not load.failures, load.failures
        assert len(load.kids) >= rotations // 2, "the load saw the rotations"
    for _ in range(5):
        revoke(service, [load.verifier for load in loads])
    for load in loads:
        load.verifier.close()
