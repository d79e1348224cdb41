"""Faults of a landscape. Each method causes one, lets it last a little, and has mended it when it returns."""
import time

from support.base.stack import wait_for


class FarFaults:
    def __init__(self, land, chance):
        """`chance`, a random.Random, says how long a fault lasts, and whom it meets."""
        self.land, self.chance = land, chance
        self.all = [self.part_a_relay_from_its_source, self.cut_off_a_host, self.slow_down_a_host, self.kill_a_relay,
                    self.restart_a_relay, self.part_the_servers, self.kill_the_standby, self.kill_the_follower,
                    self.hold_back_the_cascade, self.fail_over]

    def without_end(self):
        """All faults, in random order, for ever; each comes once before one comes again."""
        while True:
            yield from self.chance.sample(self.all, len(self.all))

    def last(self, least_s, most_s):
        time.sleep(self.chance.uniform(least_s, most_s))

    def host(self):
        """The host of a relay, or of a server that only readers need."""
        return self.chance.choice([*self.land.relays, self.land.cascade, self.land.follower]).host

    def part_a_relay_from_its_source(self):
        """The two do not reach each other; all others reach both."""
        land = self.land
        relay, source = self.chance.choice([
            (land.home, land.primary), (land.near, land.servers[1]), (land.far, land.cascade),
            (land.region, land.follower), (land.follower, land.primary),
            (land.edge, land.home), (land.leaf, land.edge), (land.branch, land.far)])
        land.network.part(relay.host.name, source.host.name)
        self.last(3, 9)
        land.network.join(relay.host.name, source.host.name)

    def cut_off_a_host(self):
        host = self.host()
        host.cut()
        self.last(1, 12)
        host.heal()

    def slow_down_a_host(self):
        host = self.host()
        host.slow_down(self.chance.randint(20, 300), self.chance.randint(0, 100), self.chance.choice((0, 0, 0.005, 0.02)))
        self.last(4, 10)
        host.heal()

    def kill_a_relay(self):
        relay = self.chance.choice(self.land.relays)
        relay.kill()
        self.last(0, 3)
        relay.launch()

    def restart_a_relay(self):
        relay = self.chance.choice(self.land.relays)
        relay.stop_relay()
        self.last(0, 3)
        relay.launch()

    def part_the_servers(self):
        """Nothing is acknowledged while it lasts."""
        self.land.network.part(self.land.primary.host.name, self.land.standby.host.name)
        self.last(2, 8)
        self.land.network.join(self.land.primary.host.name, self.land.standby.host.name)

    def kill_the_standby(self):
        self.land.standby.kill_postgres()
        self.last(0, 2)
        self.land.standby.start_postgres()

    def kill_the_follower(self):
        self.land.follower.kill_postgres()
        self.last(0, 2)
        self.land.follower.start_postgres()

    def hold_back_the_cascade(self):
        """Viewers who come there from another relay have more than it has."""
        self.land.cascade.sql("SELECT pg_wal_replay_pause()")
        self.last(2, 8)
        self.land.cascade.sql("SELECT pg_wal_replay_resume()")

    def fail_over(self):
        """The primary dies, or falls silent. It comes back as the standby of the new one, which the region follows
        from then on."""
        old, new, follower = self.land.primary, self.land.standby, self.land.follower
        self.land.part_the_region()
        is_silent = self.chance.random() < 0.5
        if is_silent:
            old.host.cut()
        else:
            old.kill_postgres()
        self.last(0, 2)
        new.promote()
        self.last(0, 2)
        if is_silent:
            old.kill_postgres()
            old.host.heal()
        old.rewind(new)
        new.wait_for_standby(old.host.name)
        self.land.primary, self.land.standby = new, old
        self.land.network.join(old.host.name, follower.host.name)
        follower.follow_anew(new)
        old.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'region'")
        # The cascade follows the synchronous standby, so that it never has more than that one.
        self.land.cascade.set(primary_conninfo=self.land.cascade.follow(old))
        wait_for(lambda: old.sql("SELECT count(*) FROM pg_stat_replication") == "1", "the cascade follows the standby")
