#!/usr/bin/python3
"""A column more of an entry, added in a copy of the sources by what CONTRIBUTING's recipe says, and by
no more: a line in each of two tables in C, and SQL in the delta script. Everything else follows."""
import json
import os
import re
import shutil
import subprocess
import urllib.request

from support.audit.scene import Scene
from support.base.case import run
from support.base.stack import LONG_S, wait_for

SOURCES = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../..")

LINE_IN_ENUM = ("COL_TEAM,", "COL_TEAM,\n\tCOL_VENUE,")
LINE_IN_TABLE = ("\t[COL_MESSAGE] =", """\t[COL_VENUE] = { .name = "venue", .type = TEXTOID, .feed_type = TEXTOID, .check = CHECK_NAME,
		.max = 40, .may_give = MAY_GIVE_ALWAYS, .form = FORM_TEXT },
	[COL_MESSAGE] =""")

# What an author would write out: the tables, the functions and the view with one column more.
DELTA = r"""
DO $delta$
DECLARE
	place text;
	post text := pg_get_functiondef('commentary.post'::regproc);
	own text := pg_get_functiondef('commentary.own_rows'::regproc);
	feed text;
BEGIN
	FOR place IN SELECT relname FROM pg_class WHERE relnamespace = 'commentary'::regnamespace AND relkind = 'r'
		AND relname ~ '^(entry$|rejected$|staging_)'
	LOOP
		EXECUTE format('ALTER TABLE commentary.%I ADD COLUMN venue text', place);
	END LOOP;
	EXECUTE replace(pg_get_functiondef('commentary.body'::regproc), 'team text', 'team text, venue text');
	EXECUTE regexp_replace(pg_get_functiondef('commentary.read'::regproc), '\me\.team\M', 'e.team, e.venue');
	EXECUTE regexp_replace(pg_get_functiondef('commentary.tail'::regproc), '\me\.team\M', 'e.team, e.venue');
	DROP FUNCTION commentary.post;
	EXECUTE regexp_replace(post, '\)\s+RETURNS', ', venue text DEFAULT NULL) RETURNS');
	REVOKE ALL ON FUNCTION commentary.post FROM PUBLIC;
	ALTER FUNCTION commentary.own_rows RENAME TO own_rows_before;
	EXECUTE regexp_replace(own, '(OUT clear text\[\])', '\1, OUT venue text');
	REVOKE ALL ON FUNCTION commentary.own_rows FROM PUBLIC;
	GRANT EXECUTE ON FUNCTION commentary.own_rows TO PUBLIC;
	feed := pg_get_viewdef('commentary.feed'::regclass, true);
	feed := regexp_replace(feed, '\n\s*(FROM commentary\.entry e\M)', ', coalesce(c.venue, e.venue) AS venue \1');
	feed := regexp_replace(feed, 'commentary\.newest\(x\.team ORDER BY x\.seq\) AS team,', '\& commentary.newest(x.venue ORDER BY x.seq) AS venue,');
	feed := regexp_replace(feed, 'FROM commentary\.own_rows_before\(\) o\([^)]*\)', ', o.venue FROM commentary.own_rows() AS o');
	EXECUTE 'CREATE OR REPLACE VIEW commentary.feed AS ' || feed;
	DROP FUNCTION commentary.own_rows_before;
END
$delta$;
"""


def change(path, old, new):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert text.count(old) == 1, f"{old} stands {text.count(old)} times in {path}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))


def follow_the_recipe(folder):
    change(f"{folder}/extension/src/tables/columns.h", *LINE_IN_ENUM)
    change(f"{folder}/extension/src/tables/columns.c", *LINE_IN_TABLE)
    with open(f"{folder}/extension/commentary.control", encoding="utf-8") as control:
        version = re.search("default_version = '(.*)'", control.read()).group(1)
    delta, = [name for name in os.listdir(f"{folder}/sql") if name.endswith(f"--{version}.sql")]
    with open(f"{folder}/sql/{delta}", "a", encoding="utf-8") as file:
        file.write(DELTA)


def copy_of_postgres(folder):
    """With folders of its own to install into; returns where its programs are. PostgreSQL finds its files
    relative to where its program really is, so the programs are copied and the rest are links."""
    programs = os.environ["COMMENTARY_PG_BIN"]
    tree = programs[:programs.index("/usr/lib/postgresql/")]
    subprocess.run(["cp", "-rs", tree, folder], check=True)
    copy = folder + programs[len(tree):]
    for name in os.listdir(copy):
        os.remove(f"{copy}/{name}")
        shutil.copy2(f"{programs}/{name}", f"{copy}/{name}")
    return copy


def build(folder, programs):
    """With little optimization: that is quicker. What is there of the extension is replaced, never written through."""
    make = ["make", "-s", "-j2", "-C", f"{folder}/extension", f"PG_CONFIG={programs}/pg_config", "with_llvm=no", "COPT=-O1"]
    for arguments in make, [*make, "INSTALL=install", "install"]:
        done = subprocess.run(arguments, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout


class NewColumn(Scene):
    relay_options = ()

    @classmethod
    def setUpClass(cls):
        folder = os.path.abspath("copy")
        shutil.copytree(f"{SOURCES}/extension", f"{folder}/extension", ignore=shutil.ignore_patterns("*.o", "*.so", "*.bc"))
        shutil.copytree(f"{SOURCES}/sql", f"{folder}/sql")
        follow_the_recipe(folder)
        programs = copy_of_postgres(f"{folder}/pg")
        build(folder, programs)
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.addClassCleanup(os.environ.update, COMMENTARY_PG_BIN=os.environ["COMMENTARY_PG_BIN"])
        os.environ["COMMENTARY_PG_BIN"] = programs
        super().setUpClass()

    def insert(self, message, venue):
        self.stack.sql(f"INSERT INTO commentary.feed (match_id, message, venue) VALUES ({self.match}, '{message}', '{venue}')")

    async def heard(self):
        """What the next line says of its venue."""
        return (await self.viewer.next("commentary")).get("venue")

    async def test_it_comes_to_the_log_to_viewers_and_back(self):
        self.insert("a goal", "Wembley")
        self.assertEqual(await self.heard(), "Wembley")
        self.stack.sql(f"SELECT commentary.post({self.match}, 'another', venue => 'Anfield')")
        self.assertEqual(await self.heard(), "Anfield")
        self.stack.sql("INSERT INTO commentary.feed (match_id, op, ref_seq, venue)"
                       f" VALUES ({self.match}, 'amend', {self.stack.head(self.match)}, 'Hampden')")
        self.assertEqual(await self.heard(), "Hampden")
        self.assertEqual(self.stack.sql(f"SELECT string_agg(venue, ',' ORDER BY seq) FROM commentary.entry WHERE match_id = {self.match}"),
                         "Wembley,Anfield,Hampden")
        self.assertEqual(self.stack.sql(f"SELECT string_agg(venue, ',' ORDER BY seq) FROM commentary.feed WHERE match_id = {self.match}"),
                         "Wembley,Hampden")
        with urllib.request.urlopen(f"{self.stack.url}/matches/{self.match}/commentary?since=0", timeout=LONG_S) as answer:
            entries = json.load(answer)["entries"]
        self.assertEqual([entry["venue"] for entry in entries if entry["type"] == "commentary"], ["Wembley", "Anfield", "Hampden"])
        await self.compare()

    async def test_it_is_checked_like_the_others(self):
        with self.assertRaisesRegex(AssertionError, "venue"):
            self.insert("too long", "x" * 41)

    async def test_a_row_that_is_set_aside_has_it(self):
        self.stack.sql("ALTER TABLE commentary.entry ADD CONSTRAINT c CHECK (message <> 'bad') NOT VALID;"
                       " SET commentary.ack = staged;"
                       f" INSERT INTO commentary.feed (match_id, message, venue) VALUES ({self.match}, 'bad', 'Wembley')")
        wait_for(lambda: self.stack.sql(f"SELECT venue FROM commentary.rejected WHERE match_id = {self.match}") == "Wembley",
                 "the row is set aside")
        self.stack.sql(f"ALTER TABLE commentary.entry DROP CONSTRAINT c;"
                       f" SELECT commentary.replay_rejected(rejected_id) FROM commentary.rejected WHERE match_id = {self.match}")
        self.assertEqual(await self.heard(), "Wembley")

    async def test_nothing_is_wrong_with_the_tables_and_after_an_upgrade_either(self):
        self.stack.sql("CREATE DATABASE older")
        self.stack.sql("CREATE EXTENSION commentary VERSION '1.1'", "older")
        self.stack.sql("ALTER EXTENSION commentary UPDATE", "older")
        for database in "postgres", "older":
            self.assertEqual(self.stack.sql("SELECT * FROM commentary.structure_faults()", database), "")
        self.stack.sql("SELECT commentary.create_match('Home', 'Away')", "older")
        self.stack.sql("SELECT commentary.post(1, 'a goal', venue => 'Wembley')", "older")
        self.assertEqual(self.stack.sql("SELECT venue FROM commentary.entry WHERE match_id = 1 AND op = 'insert'", "older"), "Wembley")


if __name__ == "__main__":
    run(NewColumn)
