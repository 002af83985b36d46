"""What a client does, one step at a time, each in the history with what a checker needs to judge it.  A step returns
what came of it, or None when nobody knows or nothing did: whoever called decides what to repeat."""
import base64
import hashlib
import json
import secrets
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit

from faults.caller import page_of, split
from faults.history import digest, now
from harness.browser import Page
from harness.oidc import BadToken, b64, jwt_parts, jwt_verify, unb64

STEPS_MAX = 12
OFFLINE = "openid offline_access"


class Portal:
    """A registered client as its own software knows it."""

    def __init__(self, registration):
        self.id = registration["client_id"]
        self.redirect_uri = registration["redirect_uris"][0]
        raw = quote(self.id, safe="") + ":" + quote(registration["client_secret"], safe="")
        self.basic = "Basic " + base64.b64encode(raw.encode()).decode()


def grant_of(access_token):
    """docs/wire.md, "Handles and token ids": the last sixteen bytes of jti are the grant's id."""
    return unb64(jwt_parts(access_token)[1]["jti"])[14:30].hex()


class Flows:
    def __init__(self, caller, world):
        self.caller, self.world = caller, world
        self.keys = None   # (event's number, fetched at, max-age, set)

    # -- a browser -----------------------------------------------------------------------------

    def authorize(self, portal, person, scope=OFFLINE, silent=False):
        """To a code, logging in and agreeing where asked.  Returns (code, verifier, session) or None."""
        caller = self.caller
        verifier = secrets.token_urlsafe(48)
        query = {"response_type": "code", "client_id": portal.id, "redirect_uri": portal.redirect_uri,
                 "scope": scope, "state": secrets.token_urlsafe(8), "nonce": secrets.token_urlsafe(8),
                 "code_challenge": b64(hashlib.sha256(verifier.encode()).digest()),
                 "code_challenge_method": "S256"}
        if silent:
            query["prompt"] = "none"
        path, fields, op = "/authorize?" + urlencode(query), None, "page"
        noted = {"person": person.number, "portal": portal.id, "offline": "offline_access" in scope.split()}
        for _ in range(STEPS_MAX):
            before = caller.session()

            def read(answer, path=path, op=op, before=before):
                return self._came_of(answer, path, op, before, portal)
            answer = caller.send(op, path, fields, cookies=True, read=read, **noted,
                                 **({"session": before} if before else {}))
            if not answer.definite:
                caller.wait(answer)
                return None
            where = answer.header("location")
            if where is None:
                page = Page(page_of(caller.nodes[0].issuer, path, answer))
                if page.kind == "login":
                    if silent or op == "login":
                        return None
                    form, op = page.form("login"), "login"
                    text = next(i["name"] for i in form.inputs if i.get("type") in (None, "text", "tel"))
                    word = next(i["name"] for i in form.inputs if i.get("type") == "password")
                    fields = dict(form.hidden(), **{text: person.number, word: person.password})
                elif page.kind in ("consent", "select"):
                    form, op = page.form(page.kind), "page"
                    value = "allow" if page.kind == "consent" else "continue"
                    fields = dict(form.hidden(), **{form.button(value): value})
                else:
                    return None
                path = split(urljoin(page.url, form.action or page.url))[1]
                continue
            base, path = split(urljoin(caller.nodes[0].issuer + path, where))
            fields, op = None, "page"
            if base != caller.nodes[0].issuer:
                code = parse_qs(urlsplit(where).query).get("code", [None])[0]
                return code and (code, verifier, caller.session(), answer.event)
        return None

    def _came_of(self, answer, path, op, before, portal):
        """What an answer in the browser means: a login, a code, or a refusal of one."""
        where = answer.header("location") or ""
        after = self._session_set(answer)
        out = {}
        if op == "login":
            out["got"] = "ok" if after else "refused"
            if after:
                out["session"] = after
        if where.startswith(portal.redirect_uri):
            parameters = parse_qs(urlsplit(where).query)
            if op != "login":
                out["op"] = "authorize"
            if "code" in parameters:
                out["code"] = digest(parameters["code"][0])
            else:
                out.update(got="refused", error=parameters.get("error", [""])[0])
        elif op == "page" and before and path.startswith("/authorize?") and answer.status == 200 and \
                'type="password"' in answer.text:
            out.update(op="authorize", got="refused", error="login page")
        return out

    @staticmethod
    def _session_set(answer):
        for name, value in answer.headers:
            if name == "set-cookie":
                key, _, text = value.split(";")[0].strip().partition("=")
                if key.endswith("sso") and text:
                    return digest(text)
        return None

    def log_out(self, portal, tokens, session):
        """RP-initiated logout; True when it is acknowledged."""
        path = "/logout?" + urlencode({"id_token_hint": tokens["id_token"], "client_id": portal.id})
        return self.caller.send("logout", path, cookies=True, session=session,
                                read=lambda a: {"got": a.got if a.status in (200, 303) else "refused"})

    # -- a portal's server ---------------------------------------------------------------------

    def redeem(self, portal, code, verifier, again=False):
        return self._tokens("redeem", portal, {
            "grant_type": "authorization_code", "code": code, "redirect_uri": portal.redirect_uri,
            "code_verifier": verifier}, code=digest(code), again=again)

    def refresh(self, portal, token, **noted):
        return self._tokens("refresh", portal, {"grant_type": "refresh_token", "refresh_token": token},
                            token=digest(token), **noted)

    def _tokens(self, op, portal, fields, **noted):
        """(answer, tokens or None)"""
        kept = {}

        def read(answer):
            if answer.got != "ok":
                return {"error": self._error(answer)}
            kept.update(self._json(answer))
            access = kept["access_token"]
            head, claims, _ = jwt_parts(access)
            out = {"access": digest(access), "kid": head["kid"], "grant": grant_of(access),
                   "lives": claims["exp"] - claims["iat"]}
            if "refresh_token" in kept:
                out["successor"] = digest(kept["refresh_token"])
            return out
        answer = self.caller.send(op, "/token", fields, client=portal, read=read, client_id=portal.id, **noted)
        return answer, kept or None

    @staticmethod
    def _json(answer):
        return json.loads(answer.body)

    def _error(self, answer):
        try:
            return self._json(answer).get("error")
        except ValueError:
            return answer.text[:80]

    def introspect(self, portal, access):
        return self.caller.send("introspect", "/introspect", {"token": access}, client=portal, access=digest(access),
                                read=lambda a: {"active": a.got == "ok" and self._json(a)["active"]})

    def userinfo(self, access):
        return self.caller.send("userinfo", "/userinfo", bearer=access, access=digest(access))

    def revoke(self, portal, token):
        return self.caller.send("revoke", "/revoke", {"token": token}, client=portal, token=digest(token))

    # -- whoever verifies by the published keys --------------------------------------------------

    def fetch_keys(self):
        def read(answer):
            if answer.got != "ok":
                return {}
            jwks = self._json(answer)
            age = int(answer.header("cache-control").split("max-age=")[1].split(",")[0])
            read.found = (age, jwks)
            return {"kids": [k["kid"] for k in jwks["keys"]], "max_age": age}
        answer = self.caller.send("jwks", self.world.jwks_path, read=read)
        if answer.got == "ok":
            self.keys = (answer.event["n"], answer.event["call"]) + read.found
        return answer

    def verify(self, access):
        """With the keys in the cache while they are fresh, as a careful portal does."""
        if self.keys is None or now() - self.keys[1] >= self.keys[2]:
            if self.fetch_keys().got != "ok":
                return
        call = now()
        try:
            jwt_verify(access, self.keys[3])
            verdict = "ok"
        except BadToken as bad:
            verdict = str(bad)
        self.caller.history.add(self.caller.who, "verify", call, now(), access=digest(access), jwks=self.keys[0],
                                kid=jwt_parts(access)[0]["kid"], verdict=verdict)
