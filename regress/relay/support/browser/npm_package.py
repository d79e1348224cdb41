"""The npm package of the client, packed and installed in a folder as a site does it, and commands that run there."""
import os
import shutil
import subprocess
import tempfile

WEB = f"{os.path.dirname(os.path.realpath(__file__))}/../../../../relay/web"
MODULES = os.environ.get("COMMENTARY_NODE_MODULES", "")     # what regress/orm/npm/package.json names
MISSING = [program for program in ("node", "npm", "esbuild") if not shutil.which(program)]
DEADLINE_S = 240


def are_installed(*packages):
    return all(os.path.exists(f"{MODULES}/{package}/package.json") for package in packages)


class Folder:
    """It is removed with the class `test`."""

    def __init__(self, test):
        self.dir = tempfile.mkdtemp(prefix="package-")
        test.addClassCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        shutil.copytree(WEB, f"{self.dir}/web")
        name = self.run("npm", "pack", "--silent", folder="web").split()[-1]
        os.mkdir(f"{self.dir}/site")
        self.write("package.json", '{"private": true}')
        self.run("npm", "install", "--offline", "--no-audit", "--no-fund", f"../web/{name}")

    def run(self, *command, folder="site", **variables):
        """Runs a command, and returns what it prints."""
        done = subprocess.run(command, cwd=f"{self.dir}/{folder}", capture_output=True, text=True, check=False,
                              timeout=DEADLINE_S, env=os.environ | {
                                  "HOME": self.dir, "npm_config_update_notifier": "false",
                                  "NODE_PATH": MODULES} | variables)
        if done.returncode != 0:
            raise AssertionError(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    def write(self, name, text):
        with open(f"{self.dir}/site/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(f"{self.dir}/site/{name}", encoding="utf-8") as file:
            return file.read()

    def bundle(self, name, text, *options):
        """Bundles a module by esbuild, as a site does it, and returns the result."""
        self.write(name, text)
        self.run("esbuild", name, "--bundle", "--log-level=error", "--outfile=out.js", "--jsx=automatic",
                 '--define:process.env.NODE_ENV="development"', *options)
        return self.read("out.js")
