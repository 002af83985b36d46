"""eid-doctor: every check is shown the one thing it looks for.  Against authd, and against a provider that is not ours
(harness/foreign.py), where one thing after another is broken."""
import json
import os
import subprocess

import pytest
from harness.foreign import Foreign, authority, certificate
from harness.ports import free_port
from harness.world import new_client

SECRET = "a secret nobody may see in a report"


def run(service_build, settings, *options, environment=None):
    """The settings in a file, as portals have them."""
    path = settings.pop("_file")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write("# a portal\n\n" + "".join(f"PORTAL_{k}={v}\n" for k, v in settings.items() if v is not None))
    return subprocess.run([service_build + "/eid-doctor", "--config", path, *options], capture_output=True, text=True,
                          timeout=60, check=False, env=dict(os.environ, **(environment or {})))


class Report:
    def __init__(self, done, secrets):
        assert "AddressSanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
        told = json.loads(done.stdout)
        self.checks, self.status = told["checks"], done.returncode
        assert told["healthy"] == (not self.of("failed")) and self.status == (0 if told["healthy"] else 1)
        assert all(c["cure"] for c in self.checks if c["status"] in ("failed", "warning"))
        for secret in secrets:
            assert secret not in done.stdout + done.stderr

    def of(self, status):
        return [c for c in self.checks if c["status"] == status]

    def has(self, status, check, text="", cure=""):
        hits = [c for c in self.of(status) if c["check"] == check and text in c["text"] and cure in c.get("cure", "")]
        assert hits, f"no {status} {check} {text!r}:\n" + json.dumps(self.checks, indent=1)
        return self

    def only(self, check, text="", cure=""):
        """This failed, and nothing else did."""
        self.has("failed", check, text, cure)
        assert {c["check"] for c in self.of("failed")} == {check}, self.of("failed")
        return self


@pytest.fixture(scope="module")
def build():
    from harness.world import BUILD
    return BUILD


@pytest.fixture
def examine(build, tmp_path):
    def go(**settings):
        secrets = [settings[k] for k in ("CLIENT_SECRET",) if settings.get(k)]
        if settings.get("CLIENT_SECRET"):
            (tmp_path / "secret").write_text(settings.pop("CLIENT_SECRET") + "\n")
            (tmp_path / "secret").chmod(0o600)
            settings["CLIENT_SECRET_FILE"] = tmp_path / "secret"
        settings["_file"] = tmp_path / "portal.conf"
        return Report(run(build, settings, "--json"), secrets)
    return go


# -- authd ---------------------------------------------------------------------------------------

@pytest.fixture
def ours(service):
    one = service.first
    return dict(ISSUER=service.issuer, CLIENT_ID=one.id, CLIENT_SECRET=one.secret, REDIRECT_URI=one.redirect_uri,
                POST_LOGOUT_URI=one.redirect_uri + "/bye", CA_FILE=service.ca_file)


def test_a_registration_that_works_is_healthy(ours, examine):
    told = examine(**ours)
    assert told.status == 0, json.dumps(told.checks, indent=1)
    for check in ("provider", "metadata", "issuer", "clock", "keys", "scope", "redirect registered", "logout",
                  "client authentication", "authorization", "DPoP", "pushed requests", "PKCE"):
        told.has("ok", check)


def test_nothing_that_lasts_is_left_behind(service, ours, examine):
    there = [row[0] for row in service.query("SELECT tablename FROM pg_tables WHERE schemaname = 'authd'")]
    tables = [t for t in there if t.split("_")[0] in ("code", "grant", "session", "consent", "refresh")]
    assert len(tables) >= 3, there

    def count():
        return {t: service.query(f'SELECT count(*) FROM authd."{t}"')[0][0] for t in tables}
    before = count()
    examine(**ours)
    assert count() == before


def test_each_mistake_in_a_registration_is_named(service, ours, examine):
    """One thing is wrong at a time."""
    for change, check, text, cure in [
        ({"CLIENT_SECRET": "x" * 43}, "client authentication", "another secret", "rotate-secret"),
        ({"CLIENT_ID": "nobody"}, "client authentication", '"nobody" is unknown', "compare"),
        ({"CLIENT_SECRET": None}, "client authentication", "registered with a secret or key", "CLIENT_SECRET_FILE"),
        ({"TOKEN_AUTH": "client_secret_post"}, "client authentication", "registered with client_secret_basic",
         "TOKEN_AUTH=client_secret_basic"),
        ({"REDIRECT_URI": ours["REDIRECT_URI"] + "/"}, "redirect registered", "is not registered", "slash"),
        ({"REDIRECT_URI": ours["REDIRECT_URI"] + "/", "PAR": "off"}, "redirect registered", "answers 400", "slash"),
        ({"SCOPE": "profile"}, "scope", "lacks openid", "add openid"),
        ({"ISSUER": ours["ISSUER"] + "/"}, "issuer", "calls itself", "exactly"),
        ({"ISSUER": ours["ISSUER"].replace("localhost", "127.0.0.1")}, "metadata", "421", "own name"),
        ({"ISSUER": f"http://localhost:{free_port()}"}, "provider", "nothing listens", "running"),
        ({"ISSUER": "https://no-such-host.invalid"}, "provider", "has no address", "DNS"),
        ({"ISSUER": ours["ISSUER"].replace("http:", "https:")}, "TLS", "does not speak TLS", "right port"),
        ({"ISSUER": None}, "settings", "ISSUER is missing", "--help"),
        ({"REDIRECT_URI": None}, "redirect URI", "is missing", "BASE_URL"),
        ({"REDIRECT_URI": "http://portal.example/callback"}, "redirect URI", "not https", "proxy"),
        ({"REDIRECT_URI": "https://portal.example/#x"}, "redirect URI", "fragment", "#"),
        ({"TOKEN_AUTH": "private_key_jwt"}, "authentication method", "gave no key", "TOKEN_AUTH"),
        ({"DPOP": "maybe"}, "settings", "DPOP: ", "correct"),
    ]:
        settings = dict(ours, **change)
        if settings["ISSUER"] == "https://no-such-host.invalid" and os.environ.get("https_proxy"):
            continue
        examine(**settings).only(check, text, cure)


def test_a_return_address_that_is_not_registered_is_a_warning(ours, examine):
    told = examine(**dict(ours, POST_LOGOUT_URI="https://portal.example/elsewhere"))
    told.has("warning", "logout", "answers 400", "post_logout_redirect_uris")
    assert told.status == 0


def test_keys_and_their_files(service, ours, examine, build, tmp_path):
    path = tmp_path / "key.pem"

    def new_key():
        made = subprocess.run([build + "/eid_portal", "key"], capture_output=True, text=True, check=True, timeout=60).stdout
        jwks, pem = made.split("\n", 1)
        path.write_text(pem)
        path.chmod(0o600)
        return json.loads(jwks)
    client = new_client(service, "doctor-key", token_endpoint_auth_method="private_key_jwt", jwks=new_key())
    settings = dict(ours, CLIENT_ID=client.id, CLIENT_SECRET=None, REDIRECT_URI=client.redirect_uri,
                    POST_LOGOUT_URI=client.redirect_uri + "/bye", CLIENT_KEY_FILE=path)
    assert examine(**settings).has("ok", "client key", "ES256").has("ok", "client authentication").status == 0
    path.chmod(0o644)
    examine(**settings).has("warning", "client key", "mode 644", "chmod 600")
    new_key()
    examine(**settings).only("client authentication", "another key", "public half")
    path.write_text("no key")
    examine(**settings).only("client key", "", "PKCS#8")
    examine(**dict(settings, CLIENT_KEY_FILE=tmp_path / "nowhere")).only("client key", "No such file", "path")


def test_the_signed_key_set_is_held_against_the_pinned_root(service, ours, examine):
    root = json.dumps(service.ctl("keys", "root"))
    examine(**dict(ours, ROOT_JWK=root)).has("ok", "signed keys", "pinned root")
    other = json.loads(root)
    other["x"], other["y"] = ("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
                              "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM")
    examine(**dict(ours, ROOT_JWK=json.dumps(other))).only("signed keys", "not signed by the pinned root", "attacker")
    examine(**ours).has("not offered", "signed keys", "no root is pinned")


# -- a provider that is not ours -----------------------------------------------------------------

@pytest.fixture
def foreign():
    made = Foreign()
    yield made
    made.close()


def settings_of(provider, **over):
    return dict({"ISSUER": provider.issuer, "CLIENT_ID": "portal", "CLIENT_SECRET": SECRET, "PAR": "auto",
                 "REDIRECT_URI": provider.portal + "/callback", "SCOPE": "openid profile", "ID_TOKEN_ALG": "RS256"}, **over)


def test_what_a_foreign_provider_lacks_is_no_failure(foreign, examine):
    told = examine(**settings_of(foreign))
    assert told.status == 0, json.dumps(told.checks, indent=1)
    for check in ("signed keys", "PKCE", "issuer in answers", "pushed requests", "DPoP", "logout"):
        told.has("not offered", check)
    told.has("ok", "redirect registered").has("ok", "client authentication")


def test_each_fault_of_a_provider_is_named(foreign, examine):
    for fault, check, text, cure in [
        ({"date_shift_s": -600}, "clock", "10 minutes fast", "chronyc"),
        ({"date_shift_s": 600}, "clock", "10 minutes slow", "chronyc"),
        ({"metadata_status": 404}, "metadata", "status 404", "issuer"),
        ({"metadata_text": "<html>log in</html>"}, "metadata", "is not JSON", "proxy"),
        ({"metadata_redirect": "http://localhost:1/"}, "metadata", "redirects to", "without a redirect"),
        ({"metadata": {"token_endpoint": None}}, "metadata", "token_endpoint", "operator"),
        ({"metadata": {"subject_types_supported": None}}, "metadata", "subject_types_supported", "operator"),
        ({"metadata": {"token_endpoint": "http://id.example/token"}}, "endpoints", "token_endpoint", "proxy"),
        ({"metadata": {"response_types_supported": ["id_token"]}}, "code flow", "lacks code", "operator"),
        ({"metadata": {"code_challenge_methods_supported": ["plain"]}}, "PKCE", "lacks S256", "S256"),
        ({"jwks_status": 500}, "keys", "status 500", "jwks_uri"),
        ({"jwks": {"keys": []}}, "keys", "no RS256 key", "ID_TOKEN_ALG"),
        ({"jwks": [1]}, "keys", "no key set", "operator"),
        ({"code_is_good": True}, "token endpoint", "never was", "don't use"),
        ({"authorize_error": "invalid_scope"}, "scope", "", "register the scopes"),
        ({"authorize_error": "unauthorized_client"}, "registration", "", "grant_types"),
        ({"echo_secret": True, "refuse_client": True}, "client authentication", "[hidden]", "compare"),
    ]:
        foreign.reset(**fault)
        told = examine(**settings_of(foreign))
        told.has("failed", check, text, cure)
        assert {c["check"] for c in told.of("failed")} <= {check}, (fault, told.of("failed"))


def test_a_provider_writes_nothing_that_a_terminal_would_obey(foreign, examine):
    foreign.reset(metadata={"scopes_supported": ["openid"]})
    told = examine(**settings_of(foreign, SCOPE="openid a\u009b2J\u202eb\u200bđ"))
    told.has("warning", "scope", "a?2J?b?đ")
    # longer than a line of the report may be: cut between characters
    told = examine(**settings_of(foreign, SCOPE="openid x" + "đ" * 1000))
    told.has("warning", "scope", "đđđ")


def test_what_is_asked_for_and_not_offered_is_told(foreign, examine):
    foreign.reset(metadata={"scopes_supported": ["openid"], "acr_values_supported": ["gold"],
                            "claims_supported": ["sub"], "grant_types_supported": ["authorization_code"],
                            "token_endpoint_auth_methods_supported": ["client_secret_basic"]})
    told = examine(**settings_of(foreign, SCOPE="openid profil offline_access", ACR_VALUES="silver", CLAIMS="sub name",
                                 TOKEN_AUTH="client_secret_post"))
    told.has("warning", "scope", "lacks profil").has("warning", "scope", "refresh_token")
    told.has("warning", "acr", "lacks silver").has("warning", "claims", "lacks name")
    told.has("warning", "authentication method", "lacks client_secret_post")
    examine(**settings_of(foreign, DPOP="on")).has("failed", "DPoP", "", "auto")
    examine(**settings_of(foreign, PAR="on")).has("failed", "pushed requests", "", "auto")
    examine(**settings_of(foreign, AUTH_LEVEL="2")).has("failed", "levels", "urn:authd:acr:1:2", "ACR_VALUES")
    foreign.reset(metadata={"id_token_signing_alg_values_supported": ["PS256"]})
    examine(**settings_of(foreign)).has("failed", "ID token algorithm", "PS256", "ID_TOKEN_ALG")


def test_why_an_assertion_is_refused(foreign, examine, build, tmp_path):
    made = subprocess.run([build + "/eid_portal", "key"], capture_output=True, text=True, check=True, timeout=60).stdout
    (tmp_path / "key").write_text(made.split("\n", 1)[1])
    (tmp_path / "key").chmod(0o600)
    for said, text, cure in [("aud must be the token endpoint", "names the issuer as its audience", "client secret"),
                             ("assertion expired: compare the clock", "times are refused", "chronyc"),
                             ("unknown key", "registered with another key", "public half")]:
        foreign.reset(refuse_client=True, refusal=said,
                      metadata={"token_endpoint_auth_methods_supported": ["private_key_jwt"]})
        told = examine(**settings_of(foreign, CLIENT_SECRET=None, CLIENT_KEY_FILE=tmp_path / "key"))
        told.only("client authentication", text, cure)


def test_a_proof_that_is_refused_is_told_with_the_clock(foreign, examine):
    foreign.reset(metadata={"dpop_signing_alg_values_supported": ["ES256"]}, token_error="invalid_dpop_proof")
    examine(**settings_of(foreign)).only("DPoP", "the proof is refused", "DPOP=off")
    foreign.reset(metadata={"dpop_signing_alg_values_supported": ["ES256"]}, token_error="invalid_dpop_proof",
                  date_shift_s=-600)
    told = examine(**settings_of(foreign))
    told.has("failed", "DPoP", "our clock is 10 minutes fast", "chronyc")


def test_certificates(examine, tmp_path):
    ca, other = authority(tmp_path, "one"), authority(tmp_path, "another")
    for made, trusted, check, text, cure in [
        (certificate(ca, "localhost"), other, "certificate", "does not know", "CA_FILE"),
        (certificate(ca, "elsewhere.example"), ca, "certificate", "is for elsewhere.example, not for localhost", "name"),
        (certificate(ca, "localhost", days=-1), ca, "certificate", "has expired", "renew"),
        (certificate(ca, "localhost", begins=2), ca, "certificate", "not valid yet", "clock"),
        (certificate(None, "localhost", directory=tmp_path), ca, "certificate", "signed its certificate itself", "CA_FILE"),
    ]:
        provider = Foreign(made)
        try:
            told = examine(**settings_of(provider, CA_FILE=trusted.path))
            told.only(check, text, cure)
            assert provider.requests == [], "something was sent to a server whose certificate is refused"
        finally:
            provider.close()
    # two faults are told at once
    provider = Foreign(certificate(ca, "elsewhere.example", days=-1))
    try:
        told = examine(**settings_of(provider, CA_FILE=other.path))
        assert len(told.of("failed")) == 3, told.checks
    finally:
        provider.close()
    for days, status in ((5, "warning"), (100, "ok")):
        provider = Foreign(certificate(ca, "localhost", days=days))
        try:
            told = examine(**settings_of(provider, CA_FILE=ca.path))
            assert told.has(status, "certificate").has("ok", "TLS", "TLSv1.3").status == 0, told.checks
        finally:
            provider.close()
    examine(ISSUER="https://localhost", CLIENT_ID="x", REDIRECT_URI="https://localhost/x",
            CA_FILE=__file__).only("authorities", "holds no certificate", "PEM")


# -- the portal ----------------------------------------------------------------------------------

def test_the_portals_own_addresses(foreign, examine):
    base = foreign.portal

    def told(**portal):
        foreign.reset(metadata={"backchannel_logout_supported": True}, **portal)
        return examine(**settings_of(foreign, BASE_URL=base))
    for status, text, cure in [(200, "anybody could log people out", "eid_logout_token_verify"),
                               (302, "redirects", "login filter"), (403, "answers 403", "CSRF"),
                               (404, "nothing takes logout tokens there", "path"), (500, "answers 500", "log")]:
        told(backchannel=status).only("back-channel logout", text, cure)
    told(backchannel=400).has("ok", "back-channel logout").has("ok", "portal").has("ok", "login cookie")\
        .has("ok", "portal's login")
    told(cookie="login=1; SameSite=Strict; HttpOnly").only("login cookie", "SameSite=Strict", "Lax")
    told(cookie="login=1; SameSite=Lax").has("warning", "login cookie", "lacks HttpOnly")
    told(cookie="login=1; SameSite=Lax; HttpOnly; Secure").has("warning", "login cookie", "portal is http")
    told(cookie=None).has("warning", "login cookie", "sets none")
    told(sends_redirect="http://internal:8081/callback").only("portal's login", "http://internal:8081", "BASE_URL")
    told(sends_client="other").only("portal's login", 'client "other"', "one configuration")
    told(callback_redirect="https://www.elsewhere.example/callback").has("warning", "portal", "not seen here")
    examine(**settings_of(foreign, REDIRECT_URI="https://no-such-host.invalid/x"))\
        .has("warning", "portal's address", "has no address", "mistyped")
    dead = f"http://127.0.0.1:{free_port()}"
    examine(**settings_of(foreign, REDIRECT_URI=dead + "/x", BACKCHANNEL_LOGOUT_URI=dead + "/y"))\
        .has("warning", "portal", "nothing listens").has("warning", "back-channel logout", "nothing listens")


# -- settings ------------------------------------------------------------------------------------

def test_settings_are_read_as_portals_read_them(foreign, build, tmp_path):
    path = tmp_path / "portal.conf"
    settings = dict(settings_of(foreign, CLIENT_ID="wrong"), _file=path, SERVICE="residence", SCOPES="openid", COLOUR="red")
    done = run(build, settings, "SCOPE=openid", environment={"EID_CLIENT_ID": "portal"})
    assert done.returncode == 0, done.stdout
    assert "SCOPES (SCOPE?)" in done.stdout and "not looked at: COLOUR" in done.stdout and SECRET not in done.stdout
    lines = [line for line in done.stdout.splitlines() if line.startswith(("ok ", "warning ", "not offered "))]
    assert len(lines) > 10 and len({line[13:].index(line[13:].split("  ")[0]) for line in lines}) == 1
    strict = subprocess.run([build + "/eid-doctor", "-c", path, "--strict", "CLIENT_ID=portal"], capture_output=True,
                            text=True, check=False, timeout=60)
    assert strict.returncode == 1 and "cure: correct the names" in strict.stdout


def test_wrong_usage_is_told(build, tmp_path):
    def usage(*arguments):
        done = subprocess.run([build + "/eid-doctor", *arguments], capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout + done.stderr
    assert usage("--nonsense")[0] == 2
    assert usage("-c", str(tmp_path / "nowhere"))[0] == 2
    (tmp_path / "bad").write_text("ISSUER\n")
    assert usage("-c", str(tmp_path / "bad")) == (2, f"eid-doctor: {tmp_path}/bad:1: not NAME=value\n")
    code, said = usage("CLIENT_SECRET=abcdefgh")
    assert code == 2 and "other users" in said and "abcdefgh" not in said
    code, said = usage("--help")
    assert code == 0 and "REDIRECT_URI" in said and "Exit status" in said
    assert usage("--version")[0] == 0
