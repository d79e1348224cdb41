#!/usr/bin/python3
"""Each recipe of extension/ORMS.md does the same with its driver or ORM: writes two lines, edits one
of them in the transaction that inserts it and again later, withdraws the other, and counts its rows."""
import os
import re
import subprocess
import unittest

from support.base.case import Case, run

FOLDER = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"
JARS = "/usr/share/java"
JDBC = f"{JARS}/postgresql.jar"
HIBERNATE = ":".join(f"{JARS}/{jar}.jar" for jar in (
    "postgresql", "hibernate3", "hibernate-commons-annotations", "geronimo-jpa_2.0_spec", "geronimo-jta-1.2-spec",
    "dom4j", "antlr", "commons-collections3", "slf4j-api", "slf4j-nop"))
GO = {"GO111MODULE": "off", "GOPATH": f"{os.environ['COMMENTARY_GO']}:/usr/share/gocode", "GOFLAGS": "-mod=mod"}


class Drivers(Case):
    settings = "listen_addresses = '127.0.0.1'\n"

    def story(self, *command, ref="line-1", **variables):
        match = self.stack.create_match("live")
        ref = ref.format(match=match)
        home = f"{self.stack.dir}/home"
        os.makedirs(home, exist_ok=True)
        done = subprocess.run(command, cwd=f"{FOLDER}/recipes", capture_output=True, text=True, check=False,
                              env=os.environ | variables | {
                                  "PGHOST": self.stack.dir, "PGPORT": str(self.stack.pg_port), "PGUSER": "postgres",
                                  "PGDATABASE": "postgres", "MATCH": str(match), "HOME": home,
                                  "PYTHONDONTWRITEBYTECODE": "1"})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.stack.sql("SELECT client_ref, minute, actor IS NULL, message FROM commentary.feed"
                                        f" WHERE match_id = {match}"), f"{ref}|13|t|Goal! A header.")
        self.assertEqual(self.stack.sql("SELECT count(*) FILTER (WHERE op = 'insert'), count(*) FILTER (WHERE op = 'retract'),"
                                        f" max(seq) - count(*) FROM commentary.entry WHERE match_id = {match}"), "2|1|0")
        # What the program sends again when it does not know whether its COMMIT arrived changes nothing.
        head = self.stack.head(match)
        self.stack.sql("INSERT INTO commentary.feed (match_id, client_ref, minute, actor, message)"
                       f" VALUES ({match}, '{ref}', 12, 'A. Striker', 'Goal!')")
        self.assertEqual(self.stack.head(match), head)

    def test_each_recipe_stands_in_the_guide_and_is_tried_here(self):
        with open(f"{FOLDER}/../../extension/ORMS.md", encoding="utf-8") as guide, open(__file__, encoding="utf-8") as tests:
            told, tried = set(re.findall(r"regress/orm/recipes/([\w.]+)\)", guide.read())), tests.read()
        self.assertEqual(told, set(os.listdir(f"{FOLDER}/recipes")))
        self.assertEqual({name for name in told if name not in tried}, set())

    def test_psycopg2(self):
        self.story(PYTHON, "psycopg2_.py")

    def test_pyodbc(self):
        self.story(PYTHON, "pyodbc_.py")

    def test_postgres_fdw(self):
        self.story("psql", "-Xqf", "postgres_fdw.sql")

    def test_psycopg_3(self):
        self.story(PYTHON, "psycopg3_.py")

    def test_asyncpg(self):
        self.story(PYTHON, "asyncpg_.py")

    def test_sqlalchemy(self):
        self.story(PYTHON, "sqlalchemy_.py")

    def test_django(self):
        self.story(PYTHON, "django_.py", ref="m{match}-1")

    def test_perl_dbi(self):
        self.story("perl", "dbi.pl")

    def test_php_pdo(self):
        self.story("php", "pdo.php")

    def test_active_record(self):
        self.story("ruby", "active_record.rb", ref="m{match}-1")

    def test_go_lib_pq(self):
        self.story("go", "run", "libpq.go", **GO)

    @unittest.skipUnless(os.path.isdir(os.environ["COMMENTARY_GO"]), "pgx could not be unpacked")
    def test_go_pgx(self):
        self.story("go", "run", "pgx.go", **GO)

    def node(self, recipe):
        modules = os.environ["COMMENTARY_NODE_MODULES"]
        if not os.path.isfile(f"{modules}/../installed-lock.json"):     # written last: see install-npm
            self.skipTest("the packages of npm could not be installed")
        self.story("node", recipe, NODE_PATH=modules)

    def test_node_postgres(self):
        self.node("node_postgres.cjs")

    def test_postgres_js(self):
        self.node("postgres_js.cjs")

    def test_sequelize(self):
        self.node("sequelize.cjs")

    def test_drizzle(self):
        self.node("drizzle.cjs")

    def test_typeorm(self):
        self.node("typeorm.cjs")

    def test_java_jdbc(self):
        self.story("java", "-Xmx256m", "-cp", JDBC, "Jdbc.java")

    def test_java_hibernate(self):
        # It looks for classes by name, and so they have to be files.
        self.story("sh", "-c", 'javac -J-Xmx256m --release 11 -d "$HOME" Hibernate.java && exec java -Xmx256m Hibernate',
                   CLASSPATH=f"{self.stack.dir}/home:{HIBERNATE}")


if __name__ == "__main__":
    run(Drivers)
