"""The key set is signed by a root key that portals pin: the web process can't bring a key of its own."""
import json
import subprocess

import pytest
from harness.oidc import ec_jwk, ec_key, jwt_parts


def verify(service, root):
    """What libeid says of an access token with this root pinned."""
    token = service.first.log_in(service.an)["access_token"]
    done = subprocess.run([service.build + "/eid_verify", service.issuer, service.first.id, service.issuer,
                           "cold", service.ca_file or "", json.dumps(root)],
                          input=token + "\n", capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


@pytest.mark.parametrize("stranger", ["another key", "a key that signs tokens"])
def test_another_root_is_refused(service, stranger):
    other = ec_jwk(ec_key(), "root")
    if stranger == "a key that signs tokens":
        token = service.first.log_in(service.an)["access_token"]
        other = next(k for k in service.first.jwks()["keys"] if k["kid"] == jwt_parts(token)[0]["kid"])
    assert verify(service, other).startswith("EID_KEYS_FORGED")


def test_the_root_that_authctl_prints_is_believed(service):
    root = service.ctl("keys", "root")
    assert verify(service, root) == f"EID_OK {service.first.id}\n"
    assert not {"d", "p", "q", "k"} & set(root), "only the public part"
    assert root["kid"] not in [k["kid"] for k in service.first.jwks()["keys"]], "it signs no tokens"


def test_a_rotation_leaves_the_root(make_service):
    service = make_service()
    before = service.ctl("keys", "root")
    service.ctl_text("--yes", "keys", "rotate", "--now", "--force", "--alg", "ES256")
    assert service.ctl("keys", "root") == before
    assert verify(service, before).startswith("EID_OK")
