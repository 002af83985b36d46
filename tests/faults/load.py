"""The people and programs that use authd while it is being broken.  Each is a thread with a seed of its own; they
repeat what RFC 6749 and DESIGN.md section 7 allow after a lost answer, and some do what is forbidden, on purpose."""
import random
import threading
import time
import traceback

from faults.caller import Caller
from faults.flows import Flows, OFFLINE
from faults.history import now
from harness.service import CommandFailed


class Actor(threading.Thread):
    def __init__(self, name, world, seed):
        super().__init__(name=name, daemon=True)
        self.world, self.history = world, world.history
        self.random = random.Random(f"{seed}/{name}")
        self.caller = Caller(name, world.nodes, world.history, self.random)
        self.flows = Flows(self.caller, world)
        self.ended = threading.Event()
        self.rounds, self.broken = 0, None

    def run(self):
        try:
            while not self.ended.is_set():
                self.round()
                self.rounds += 1
                time.sleep(self.random.random() * self.world.pause_s)
            self.finish()
        except Exception:  # an answer nobody foresaw is a finding
            self.broken = traceback.format_exc()
            self.ended.set()
        finally:
            self.caller.close()

    def finish(self):
        """What must still work at the end."""

    def until_definite(self, ask):
        """Repeats ask() until it is answered; None when the run ends first, though not before many tries."""
        for tries in range(1000):
            answer = ask()
            told = answer[0] if isinstance(answer, tuple) else answer
            if told.definite:
                return answer
            if told.got in ("bad", "late") and tries > 5:
                break
            self.caller.wait(told)
        return None

    def fresh_grant(self, portal, person, scope=OFFLINE, silent=False):
        """A code and its tokens.  A code whose answer was lost is used up or it isn't: the portal asks for another."""
        found = self.flows.authorize(portal, person, scope, silent)
        if found is None:
            return None
        code, verifier, session, _ = found
        answer, tokens = self.flows.redeem(portal, code, verifier)
        while answer.got == "away":
            self.caller.wait(answer)
            answer, tokens = self.flows.redeem(portal, code, verifier)
        if tokens is None:
            return None
        tokens.update(code=code, verifier=verifier, session=session)
        return tokens


class ChainPortal(Actor):
    """Refreshes for ever; repeats with the same token when an answer is lost; a thief sometimes tries an old one."""

    def __init__(self, name, world, seed, portal, person):
        super().__init__(name, world, seed)
        self.portal, self.person = portal, person
        self.token, self.older, self.access = None, [], None

    def begin(self):
        self.caller.cookies = {}
        tokens = self.fresh_grant(self.portal, self.person)
        if tokens:
            self.token, self.older, self.access = tokens["refresh_token"], [], tokens["access_token"]

    def round(self):
        if self.token is None:
            self.begin()
            return
        dice = self.random.random()
        if dice < 0.03:
            self.until_definite(lambda: self.flows.revoke(self.portal, self.token))
            self.dead()
        elif dice < 0.06 and len(self.older) > 1:
            self.until_definite(lambda: self.flows.refresh(self.portal, self.random.choice(self.older[:-1])))
            self.dead()
        elif dice < 0.12 and self.older:
            # as one whose answer was lost although it was not
            _, tokens = self.flows.refresh(self.portal, self.older[-1])
            if tokens and self.random.random() < 0.5:
                self.token, self.access = tokens["refresh_token"], tokens["access_token"]
        else:
            self.go_on()

    def go_on(self):
        token = self.token
        answered = self.until_definite(lambda: self.flows.refresh(self.portal, token))
        if answered is None or answered[1] is None:
            self.token = None
            return
        tokens = answered[1]
        self.older.append(token)
        self.token, self.access = tokens["refresh_token"], tokens["access_token"]
        self.flows.verify(self.access)
        if self.random.random() < 0.3:
            self.flows.introspect(self.portal, self.access)
        if self.random.random() < 0.1:
            self.flows.userinfo(self.access)

    def dead(self):
        """After the end of a grant everything of it is looked at once more."""
        for token in {self.token, self.older[-1] if self.older else self.token}:
            self.until_definite(lambda token=token: self.flows.refresh(self.portal, token))
        self.until_definite(lambda: self.flows.introspect(self.portal, self.access))
        self.until_definite(lambda: self.flows.userinfo(self.access))
        self.token = None

    def finish(self):
        if self.token:
            self.go_on()
        if self.token:
            self.until_definite(lambda: self.flows.introspect(self.portal, self.access))


class Surfer(Actor):
    """A browser with a session that goes from portal to portal, and logs out now and then."""

    def __init__(self, name, world, seed, portals, person):
        super().__init__(name, world, seed)
        self.portals, self.person = portals, person
        self.tokens = None

    def round(self):
        portal = self.random.choice(self.portals)
        silent = self.caller.session() is not None and self.random.random() < 0.7
        tokens = self.fresh_grant(portal, self.person, "openid", silent)
        if tokens is None:
            return
        self.tokens = tokens
        self.flows.verify(tokens["access_token"])
        if self.random.random() < 0.2:  # a code is used twice: everything it gave must end
            self.until_definite(lambda: self.flows.redeem(portal, tokens["code"], tokens["verifier"], again=True))
        if self.random.random() < 0.4:
            self.until_definite(lambda: self.flows.introspect(portal, tokens["access_token"]))
        if self.random.random() < 0.15:
            self.leave(portal, tokens)

    def leave(self, portal, tokens):
        cookies, session = dict(self.caller.cookies), self.caller.session()

        def log_out():
            self.caller.cookies = dict(cookies)
            return self.flows.log_out(portal, tokens, session)
        self.until_definite(log_out)
        self.caller.cookies = cookies  # somebody kept them
        for _ in range(20):
            mark = len(self.history.events)
            self.flows.authorize(portal, self.person, "openid", silent=True)
            mine = [e for e in self.history.events[mark:] if e["who"] == self.name]
            if mine and mine[-1]["got"] in ("ok", "refused"):
                break
        self.until_definite(lambda: self.flows.introspect(portal, tokens["access_token"]))
        self.caller.cookies = {}

    def finish(self):
        for _ in range(20):
            if self.fresh_grant(self.portals[0], self.person, "openid"):
                return


class Warden(Actor):
    """An operator who locks and unlocks one person, and looks whether everything of theirs ended."""

    def __init__(self, name, world, seed, portal, person):
        super().__init__(name, world, seed)
        self.portal, self.person = portal, person

    def round(self):
        self.caller.cookies = {}
        tokens = self.fresh_grant(self.portal, self.person)
        if tokens is None:
            return
        cookies = dict(self.caller.cookies)
        how = self.random.choice(["lock", "lock", "sessions"])
        self.world.operate(self, how, self.person)
        self.until_definite(lambda: self.flows.refresh(self.portal, tokens["refresh_token"]))
        self.until_definite(lambda: self.flows.introspect(self.portal, tokens["access_token"]))
        self.flows.authorize(self.portal, self.person, silent=True)
        if how == "lock":
            self.caller.cookies = {}
            self.flows.authorize(self.portal, self.person)
            self.world.operate(self, "unlock", self.person)
            self.caller.cookies = cookies
            self.flows.authorize(self.portal, self.person, silent=True)
            self.until_definite(lambda: self.flows.refresh(self.portal, tokens["refresh_token"]))


class KeyKeeper(Actor):
    """Rotates signing keys, now and then revokes one, and fetches the key set as often as caches do."""

    def round(self):
        self.flows.fetch_keys()
        dice = self.random.random()
        if dice < 0.05:
            self.world.operate(self, "rotate")
        elif dice < 0.065:
            self.world.operate(self, "revoke_key")
        time.sleep(0.3)


def operate(world, actor, what, person=None):
    """One command of authctl, repeated until it is acknowledged; every try stands in the history."""
    commands = {"lock": lambda s: s.identity("lock", person), "unlock": lambda s: s.identity("unlock", person),
                "sessions": lambda s: s.ctl_text("--yes", "session", "end", "--personal-number", person.number),
                "rotate": lambda s: s.ctl_text("keys", "rotate"),
                "revoke_key": lambda s: s.ctl_text("--yes", "keys", "revoke", kid, "--reason", "campaign")}
    kid = world.active_kid(actor) if what == "revoke_key" else None
    if what == "revoke_key" and kid is None:
        return
    noted = {"person": person.number} if person else {"kid": kid} if kid else {}
    for _ in range(100):
        node = actor.random.randrange(len(world.nodes))
        call = now()
        try:
            commands[what](world.nodes[node])
            got, why = "ok", {}
        except (CommandFailed, OSError) as failed:
            got, why = "lost", {"why": str(failed)[-200:]}
        actor.history.add(actor.name, what, call, now(), node=node, got=got, **noted, **why)
        if got == "ok" or "no next key yet" in str(why) or ("already" in str(why) and what in ("lock", "unlock", "revoke_key")):
            return
        if actor.ended.is_set() and what not in ("unlock", "lock"):
            return
        time.sleep(0.5)
