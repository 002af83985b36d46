"""What happens to the cluster under load, and what must be true afterwards."""
import time

from cluster import HOSTS

LIMIT_S = 30  # logins go on within this time of a fault


class Stories:
    def __init__(self, cluster, load, say):
        self.cluster, self.load, self.story, self.say = cluster, load, load.story, say
        self.results = []

    # -- measuring ---------------------------------------------------------------------------

    def steady(self, seconds=120):
        """Everybody in line, and clients who get answers."""
        leader = self.cluster.wait_healthy(seconds)
        since, until = time.monotonic(), time.monotonic() + seconds
        while not all(self.story.first_after(what, since) for what in ("login", "refresh", "verification")):
            if time.monotonic() > until:
                raise AssertionError(f"no load in steady state: {self.story.defects[:3]}")
            time.sleep(0.2)
        return leader

    def after(self, moment, what, limit):
        """Seconds until a request of the kind that was begun after `moment` has succeeded; None: not within limit."""
        while time.monotonic() < moment + limit:
            if self.story.first_after(what, moment):
                return time.monotonic() - moment
            time.sleep(0.05)
        return None

    def told(self, name, moment, leader, limit=LIMIT_S, why=""):
        login = self.after(moment, "login", limit + 60)
        refresh = self.after(moment, "refresh", limit + 60)
        verified = len([t for t in self.story.done["verification"] if t >= moment])
        row = {"story": name, "login_s": login, "refresh_s": refresh, "from": leader, "to": self.cluster.leader()}
        self.results.append(row)

        def seconds(value):
            return "never" if value is None else f"{value:.1f} s"
        self.say(f"  {name}: logins after {seconds(login)}, refreshes after {seconds(refresh)}, "
                 f"{leader} -> {row['to']}{why}")
        if login is None or login > limit or refresh is None or refresh > limit:
            self.story.defect(f"{name}: logins after {seconds(login)}, refreshes after {seconds(refresh)}")
        if verified == 0:
            self.story.defect(f"{name}: keys and discovery were not served meanwhile")

    def standbys(self, leader):
        return [host for host in HOSTS if host != leader]

    # -- stories -----------------------------------------------------------------------------

    def primary_killed(self):
        """PostgreSQL and Patroni of the primary's host die at once."""
        leader = self.steady()
        moment = time.monotonic()
        self.cluster.kill(leader, "patroni", "postgres")
        self.told("primary killed", moment, leader)
        self.cluster.start_patroni(leader)

    def server_crashes(self):
        """The primary's PostgreSQL alone dies; Patroni is there to see it."""
        leader = self.steady()
        moment = time.monotonic()
        self.cluster.kill(leader, "postgres")
        self.told("PostgreSQL killed", moment, leader)

    def patroni_restarted(self):
        """Patroni of the primary's host dies and is started again, as Restart=always does: nobody notices."""
        leader = self.steady()
        moment = time.monotonic()
        self.cluster.kill(leader, "patroni")
        time.sleep(1)
        self.cluster.start_patroni(leader)
        self.told("Patroni restarted", moment, leader, limit=5)

    def primary_frozen(self):
        """Every process of the primary's host stands still, and the kernel goes on acknowledging what it gets.  When
        it wakes up it believes itself primary."""
        leader = self.steady()
        moment = time.monotonic()
        pids = self.cluster.freeze(leader)
        self.told("primary frozen", moment, leader)
        self.cluster.thaw(pids)

    def primary_cut_off(self):
        """The primary's host lives, without a network.  What it thinks meanwhile must come to nothing."""
        leader = self.steady()
        moment = time.monotonic()
        self.cluster.network.cut(leader)
        self.told("primary cut off", moment, leader)
        until = time.monotonic() + 60
        while time.monotonic() < until:  # it has lost its lease
            try:
                if self.cluster.psql(leader, "SELECT pg_is_in_recovery()") == "t":
                    break
            except Exception:  # stopped, or on its way to be a standby
                break
            time.sleep(0.5)
        else:
            self.story.defect("the primary that was cut off did not demote itself")
        self.cluster.network.join(leader)

    def standby_killed(self):
        """The synchronous standby dies: the other one takes its place."""
        leader = self.steady()
        standby = self.cluster.synchronous()
        moment = time.monotonic()
        self.cluster.kill(standby, "patroni", "postgres")
        self.told("synchronous standby killed", moment, leader)
        self.cluster.start_patroni(standby)

    def both_standbys_away(self):
        """Nobody follows: nothing is acknowledged, reading goes on, and the first standby that is back ends it."""
        leader = self.steady()
        for host in self.standbys(leader):
            self.cluster.kill(host, "patroni", "postgres")
        time.sleep(3)  # what was on its way
        moment = time.monotonic()
        time.sleep(12)
        acknowledged = [w for w in ("login", "refresh", "revocation") if self.story.first_after(w, moment)]
        if acknowledged:
            self.story.defect(f"acknowledged while no standby followed: {acknowledged}")
        token = self.load.clients[0]
        answer = self.load.clients[-1].service.first.post("introspection_endpoint", {"token": token.access or "x"})
        self.say(f"  both standbys away: nothing acknowledged for 12 s; introspection says {answer.status_code}")
        if answer.status_code != 200:
            self.story.defect(f"introspection while no standby follows: {answer.status_code}")
        zombies = int(self.cluster.psql(
            leader, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"))
        self.say(f"  both standbys away: {zombies} backends wait for one")
        moment = time.monotonic()
        self.cluster.start_patroni(self.standbys(leader)[0])
        self.told("a standby is back", moment, leader)
        self.cluster.start_patroni(self.standbys(leader)[1])

    def etcd_without_majority(self):
        """Two members of etcd die: the primary can't renew its lease and gives way; nobody takes over."""
        leader = self.steady()
        down = self.standbys(leader)
        for host in down:
            self.cluster.kill(host, "etcd")
        until = time.monotonic() + 60
        while self.cluster.rest(leader, "/primary")[0] == 200 and time.monotonic() < until:
            time.sleep(0.5)
        if any(self.cluster.rest(host, "/primary")[0] == 200 for host in HOSTS):
            self.story.defect("a primary without a majority of etcd")
        self.say("  etcd without majority: there is no primary")
        moment = time.monotonic()
        for host in down:
            self.cluster.start_etcd(host)
        self.told("etcd has its majority again", moment, leader)

    def switchover(self):
        leader = self.steady()
        candidate = self.cluster.synchronous()
        moment = time.monotonic()
        self.cluster.switchover(leader, candidate)
        if self.cluster.leader() != candidate:
            time.sleep(2)
        self.told("planned switchover", moment, leader)


STORIES = {"switchover": Stories.switchover, "standby": Stories.standby_killed, "primary": Stories.primary_killed,
           "server": Stories.server_crashes, "patroni": Stories.patroni_restarted, "frozen": Stories.primary_frozen,
           "cut": Stories.primary_cut_off, "standbys": Stories.both_standbys_away,
           "etcd": Stories.etcd_without_majority}
