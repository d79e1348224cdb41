"""Hosts with addresses of their own, and links between them that are cut, delayed and healed.

The test makes network namespaces for them, in a user namespace where it is not root: nothing leaves
the machine, and nothing of the machine is touched. A link that is cut is silent, as a network that
fails: no RST, no answer of ARP, no unreachable host. The test itself is in the namespace that joins
the hosts, and reaches all of them.
"""
import os
import subprocess
import sys

ENTERED = "COMMENTARY_NETWORK"
# The test is not root in there, or PostgreSQL would not start; but it has all rights over what it makes.
UNSHARE = ("unshare", "--user", "--map-current-user", "--keep-caps", "--net")
WITHOUT_RIGHTS = ("setpriv", "--inh-caps=-all", "--ambient-caps=-all")
PREFIX = "10.77.0."
SUBNET = PREFIX + "0/24"
BRIDGE, OWN_ADDRESS, OWN_MAC = "field", PREFIX + "1", "02:00:00:00:00:01"
NOBODY = "02:00:00:00:00:ff"    # no host has it
WIRE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "long_wire.py")


def enter():
    """To be called first: runs the program again in a network of its own, or skips it where that is not possible."""
    if os.environ.get(ENTERED):
        return
    probe = subprocess.run([*UNSHARE, "ip", "link", "add", "name", "one", "type", "veth", "peer", "name", "two"],
                           capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        print(f"1..0 # SKIP network namespaces cannot be made here: {' '.join(probe.stderr.split())}")
        raise SystemExit(0)
    os.environ[ENTERED] = "yes"
    os.execvp(UNSHARE[0], [*UNSHARE, sys.executable, *sys.argv])


def ip(*commands, within=()):
    """Runs several commands of ip at once."""
    done = subprocess.run([*within, "ip", "-batch", "-"], input="\n".join(commands) + "\n", text=True,
                          capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"ip: {done.stderr} in {commands}")


class Host:
    """A host in a namespace of its own. All others know its address from the beginning."""

    def __init__(self, name, number):
        """A name is that of the link as well: it has at most ten characters."""
        self.name, self.number = name, number
        self.address, self.mac = f"{PREFIX}{number}", f"02:00:00:00:00:{number:02x}"
        self.wire = None
        # It holds the namespace, and ends when the test does, however that ends.
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo made; exec cat"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.holder.stdout.readline() != b"made\n":
            raise AssertionError(f"the host {name} cannot be made")
        ip(f"link add name {name} type veth peer name eth0 address {self.mac} netns {self.holder.pid}",
           f"link set {name} master {BRIDGE} up")
        ip("link set lo up", f"address add {self.address}/24 dev eth0", "link set eth0 up",
           f"neigh replace {OWN_ADDRESS} lladdr {OWN_MAC} dev eth0 nud permanent", within=self.enter)
        ip(f"neigh replace {self.address} lladdr {self.mac} dev {BRIDGE} nud permanent")

    @property
    def enter(self):
        """What stands before a command so that it runs there."""
        return ("nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "--")

    @property
    def within(self):
        """The same for servers, which have no rights over the network."""
        return (*self.enter, *WITHOUT_RIGHTS)

    def know(self, *others):
        """Tells it the addresses of others for good. Without ARP, nobody notices that a host is away."""
        ip(*(f"neigh replace {other.address} lladdr {other.mac} dev eth0 nud permanent" for other in others),
           within=self.enter)

    def cut(self):
        """Cuts it off from all others, and from the test."""
        ip(f"link set {self.name} nomaster")

    def lose(self, *others):
        """What it sends to these is lost; what they send still comes here."""
        ip(*(f"neigh replace {other.address} lladdr {NOBODY} dev eth0 nud permanent" for other in others),
           within=self.enter)

    def slow_down(self, delay_ms, jitter_ms=0, loss=0.0):
        """All that it sends and gets comes so much later, in the same order; the share `loss` never comes."""
        ip(f"link add name {self.name}-w type veth peer name {self.name}-p", f"link set {self.name} nomaster",
           f"link set {self.name}-w up", f"link set {self.name}-p master {BRIDGE} up")
        self.wire = subprocess.Popen([sys.executable, WIRE, self.name, f"{self.name}-w", str(delay_ms), str(jitter_ms),
                                      str(loss)], stdin=subprocess.PIPE)

    def heal(self):
        """Takes back cut() and slow_down()."""
        if self.wire:
            self.wire.stdin.close()
            self.wire.wait()
            self.wire = None
            ip(f"link delete {self.name}-w")
        ip(f"link set {self.name} master {BRIDGE}")

    def close(self):
        if self.wire:
            self.heal()
        self.holder.stdin.close()
        self.holder.wait()
        self.holder.stdout.close()


class Network:
    """Hosts with these names, each of which reaches all others."""

    def __init__(self, *names):
        ip("link set lo up", f"link add name {BRIDGE} address {OWN_MAC} type bridge", f"address add {OWN_ADDRESS}/24 dev {BRIDGE}",
           f"link set {BRIDGE} up")
        self.hosts = {name: Host(name, number) for number, name in enumerate(names, 10)}
        for host in self.hosts.values():
            host.know(*(other for other in self.hosts.values() if other is not host))

    def __getitem__(self, name):
        return self.hosts[name]

    def part(self, one, other):
        """The two reach each other no longer; all others reach both."""
        self[one].lose(self[other])
        self[other].lose(self[one])

    def join(self, one, other):
        self[one].know(self[other])
        self[other].know(self[one])

    def close(self):
        for host in self.hosts.values():
            host.close()
        ip(f"link delete {BRIDGE}")
