"""A case store to run commands on, for the tests of this folder."""
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

PROGRAM = os.environ["COUNTERFOIL"]
QUICK = bool(os.environ.get("COUNTERFOIL_TEST_QUICK"))  # under sanitizers: the same, fewer times


class Place:
    """A folder with a store in it, its passphrase and its users' passwords."""

    def __init__(self, name, folder=None):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix=f"counterfoil-{name}-"))
        self.store = self.folder / "casebook.store"
        self.words = self.folder / "passphrase"
        self.words.write_text("the quick brown canary\n", encoding="utf-8")
        self.must("init", "--stretch", 8, user=None)

    def beside(self, store):
        """Another store in the same folder, with the same passphrase and users; it need not be there yet."""
        other = Place.__new__(Place)
        other.folder, other.words, other.store = self.folder, self.words, self.folder / store
        return other

    def close(self):
        shutil.rmtree(self.folder)

    def command(self, *args, user=None):
        """The words of a command on this store."""
        options = ["--store", self.store, "--passphrase-file", self.words]
        if user:
            options += ["--user", user]
        return [PROGRAM, *map(str, args), *map(str, options)]

    @staticmethod
    def environment(env=None):
        """What the program runs in: nothing of ours that chooses a store or a user."""
        return {**{k: v for k, v in os.environ.items() if not k.startswith("COUNTERFOIL_")}, **(env or {})}

    def run(self, *args, user=None, text=None, env=None):
        return subprocess.run(self.command(*args, user=user), input=text, capture_output=True, text=True,
                              check=False, env=self.environment(env))

    def must(self, *args, user=None, text=None, env=None):
        done = self.run(*args, user=user, text=text, env=env)
        if done.returncode:
            raise AssertionError(f"{args}: exit {done.returncode}: {done.stderr}")
        return done.stdout

    def json(self, *args, user=None):
        return json.loads(self.must(*args, "--json", user=user))

    def add_user(self, name, role):
        self.must("user", "add", name, "--role", role, "--password-file", self.words, "--stretch", 8)

    def add(self, entity, user, **fields):
        sets = []
        for name, value in fields.items():
            for one in value if isinstance(value, list) else [value]:
                sets += ["--set", f"{name}={one}"]
        return self.json("add", entity, *sets, user=user)["id"]

    def values(self, record, user, *args):
        shown = self.json("show", record, *args, user=user)
        found = {}
        for value in shown["values"]:
            found.setdefault(value["field"], []).append(value["value"] if value["state"] == "known"
                                                        else f"({value['state']})")
        return found

    def check(self):
        """The store opens, its database is sound in full, and its records and log verify, opened."""
        self.must("doctor")
        verified = self.json("audit", "verify")
        if not verified["sound"] or not verified["opened_records"]:
            raise AssertionError(f"audit verify: {verified}")
        return verified

    def query(self, sql, *values):
        """Rows of the database as they stand, past the program, when no command runs."""
        db = sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)
        try:
            return db.execute(sql, values).fetchall()
        finally:
            db.close()

    def n_records(self):
        return self.query("select count(*) from record")[0][0]

    def n_logged(self, action):
        """Entries of the log with that action; it stands in them as it is."""
        return self.query("select count(*) from audit_leaf where instr(entry, ?)", action.encode())[0][0]

    def files(self):
        """The names of all files in the folder."""
        return sorted(f.name for f in self.folder.iterdir())


def cases_table(path, tag, n):
    """A CSV of n rows, each of which makes a case, a person, their role and a phone."""
    with open(path, "w", encoding="utf-8") as out:
        out.write("Case No,Full name,Date of birth,Phone,Gender\n")
        for i in range(n):
            out.write(f"{tag}-{i},{tag} Person {i},{1950 + i % 50}-0{1 + i % 9}-1{i % 9},+4479{i:08d},Female\n")
    return path
