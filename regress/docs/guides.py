#!/usr/bin/python3
"""What the guides say, word for word: each block is run in order, and prints what is shown below it.

transcript/blocks.py tells what the words behind a block's language mean. Each document is named
here with how many of its blocks are run, run as root by make check-deb, and not run: so none
falls out unseen.
"""
import os
import re
import shutil
import subprocess
import tempfile

from transcript.guide import TOP, beside, environment, read, runnable, settings_of
from transcript.session import Session, Transcript

from support.base.case import Case, run
from support.base.port import free_port


class Guides(Case):
    relay_options = ()
    archive = f"{os.environ['TMPDIR']}/archive"

    @classmethod
    def setUpClass(cls):
        os.mkdir(cls.archive)
        cls.addClassCleanup(shutil.rmtree, cls.archive, ignore_errors=True)
        cls.settings = cls.settings_in_force("extension/RUN.md")
        super().setUpClass()
        cls.stack.pg("psql", "-XAtqd", cls.stack.conninfo, "-f", f"{TOP}/sql/roles.sql")
        cls.demo = cls.stack.create_match("live")       # match 1, as the demo is
        cls.stack.insert_lines(cls.demo, 3)

    @classmethod
    def settings_in_force(cls, path):
        """What the guide says of postgresql.conf is in force here."""
        return settings_of(read(path)).replace("/srv/archive", cls.archive) + "fsync = on\n"

    def prelude(self, user):
        """What `make -s env` prints where `make up` runs; the shell knows it by no other means."""
        exported = {"PGHOST": self.stack.dir, "PGPORT": self.stack.pg_port, "PGUSER": user, "PGDATABASE": "postgres",
                    "RELAY_URL": self.stack.url}
        lines = "".join(f"export {name}={value}\n" for name, value in exported.items())
        return f"make() {{ [ \"$*\" = '-s env' ] && cat <<'END'\n{lines}END\n}}\n"

    def session(self, user):
        folder = tempfile.mkdtemp(prefix="guide-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        beside(folder)
        session = Session(folder, environment(), self.prelude(user))
        self.addCleanup(self.stop_copy, f"{folder}/base")
        self.addCleanup(session.end)
        return session

    def stop_copy(self, data):
        """The server that RUN.md recovers a backup with, when its block did not get to the end."""
        if os.path.exists(f"{data}/postmaster.pid"):
            self.stack.pg("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")

    def tell(self, path, expected_kinds, user="postgres", **replaced):
        """Runs a document. What is replaced are ports and folders that a test may not have."""
        text = read(path).replace("/srv/archive", self.archive)
        for name, value in replaced.items():
            text = text.replace(name.strip("_"), str(value))
        Transcript(self.session(user), path).run(runnable(self, path, text, expected_kinds))

    def test_write(self):
        self.stack.sql("CREATE ROLE writer LOGIN IN ROLE commentary_writer")
        self.tell("extension/WRITE.md", (13, 0, 0), "writer")

    def test_readme(self):
        """Also beside a match that is there already, which its block does not write to."""
        self.tell("README.md", (4, 0, 5), _8080=self.stack.relay_port)
        match = self.stack.sql("SELECT max(match_id) FROM commentary.match WHERE home = 'Rovers'")
        self.assertEqual(self.stack.sql(f"SELECT seq, message, minute, stoppage FROM commentary.feed WHERE match_id = {match}"),
                         "4|Added time.|45|2", "what was not retracted stands, in the new match")
        self.assertEqual(self.stack.sql("SELECT seq, ref_seq, actor, message FROM commentary.entry"
                                        f" WHERE match_id = {match} AND ref_seq > 0 ORDER BY seq"),
                         "5|2|B. Winger|\n6|2||It was offside.", "the corrections are of the goal")
        self.assertEqual(self.stack.sql(f"SELECT status, home_score, away_score FROM commentary.match WHERE match_id = {match}"),
                         "live|1|0", "the score stays after the retraction")

    def test_tools(self):
        self.tell("tools/README.md", (5, 0, 0))

    def test_run(self):
        self.tell("extension/RUN.md", (15, 11, 2), _5444=free_port())
        rows = set(re.findall("`([a-z]+)`", "".join(re.findall(r"^\| (`.*?) \|", read("extension/RUN.md"), re.MULTILINE))))
        subjects = set(self.stack.sql("SELECT DISTINCT subject FROM commentary.check()").split("\n"))
        self.assertEqual(subjects - rows, set(), "what check() looks at stands in the guide, with what to do")

    def test_proxies(self):
        """At the relay itself; behind_proxies.py does it behind each proxy that is installed."""
        self.tell("relay/PROXIES.md", (6, 0, 0), _8080=self.stack.relay_port)

    def test_orms(self):
        """It has no block: what it tells of is in recipes, which orm/drivers.py runs."""
        runnable(self, "extension/ORMS.md", read("extension/ORMS.md"), (0, 0, 0))

    def test_what_root_is_shown_is_compared_letter_by_letter(self):
        """make check-deb compares it in a shell, as a bare Debian has nothing else."""
        shown = "a (b|c)+ {1} [x] \\d ? * $HOME `id`\n… rows\n!(x) ~ é.\n"
        for said, is_same in ((shown, True), (shown.replace("…", "12 (3)"), True), (shown.replace("(b|c)+", "bb"), False),
                              (shown.replace("[x]", "x"), False), (shown.replace("? *", "? any"), False),
                              (shown.replace("~ é.", "~ éa"), False), (f"{shown}more\n", False), (f"more\n{shown}", False)):
            with self.subTest(said=said):
                self.assertEqual(self.prints_as_shown(shown, said), is_same)

    def prints_as_shown(self, shown, said):
        paths = [f"{self.stack.dir}/{name}" for name in ("shown", "said")]
        for path, text in zip(paths, (shown, said)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        done = subprocess.run(["bash", "-euc", '. "$1/regress/deb/guide.sh"; shift; prints_as_shown "$@"', "-", TOP, *paths],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode == 0

    def test_watch(self):
        self.tell("relay/WATCH.md", (18, 0, 3), _8090=free_port())


if __name__ == "__main__":
    run(Guides)
