#!/usr/bin/env python3
"""Canaries: a word, a day, a number in every identifying and protected field that data/schema names, and 20,000 rows
more, go through the commands. They are then looked for in the store's file, its write-ahead log and shared memory, a
backup, the log, every message, and temporary files, while the commands run and after; in UTF-8, UTF-16, hexadecimal and
base64, in lower and upper case and in part. No core is dumped when the program crashes. And when the persons were
erased, nothing that was sealed for them is left, their wrapped keys included."""
import base64
import os
import pathlib
import random
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from schema_records import Maker, Schema, write_lines
from store_place import QUICK, Place

ROOT = pathlib.Path(os.environ["CF_SOURCE_ROOT"])
ROWS = 2000 if QUICK else 20000
WORD = "Qxkanarienvögel"
PART = "kanarien"  # in every form of the word, cut at either end, whatever becomes of its vowels' dots
DAYS = ["1871-03-07", "1899-11-29"]
NUMBERS = ["-47.110815", "33.771942", "8191.7731"]
PHONE = "7700947118"
HIDDEN = ("identifying", "protected")


def spellings(text):
    """Bytes in which a text could be written down, to be looked for as they are."""
    found = {}
    for case, word in (("", text), (" upper", text.upper()), (" title", text.title())):
        found["UTF-8" + case] = word.encode()
        found["UTF-16LE" + case] = word.encode("utf-16-le")
        found["UTF-16BE" + case] = word.encode("utf-16-be")
        found["hexadecimal" + case] = word.encode().hex().encode()
        found["HEXADECIMAL" + case] = word.encode().hex().upper().encode()
        for shift in range(3):
            # what does not depend on the bytes before and after
            padded = base64.b64encode(b"\0" * shift + word.encode() + b"\0\0")
            start, end = -(-8 * shift // 6), (8 * (shift + len(word))) // 6
            found[f"base64, {shift}" + case] = padded[start:end]
    return found


def all_needles():
    needles = {f"{text}: {how}": form for text in [PART, PHONE, *DAYS] for how, form in spellings(text).items()}
    for number in NUMBERS:
        needles[f"{number}"] = number.encode()
        needles[f"{number}: little-endian"] = struct.pack("<d", float(number))
        needles[f"{number}: big-endian"] = struct.pack(">d", float(number))
    # one look for each form is enough
    return {form: what for what, form in needles.items()}


NEEDLES = all_needles()
PLAIN = [PART.encode(), PART.encode("utf-16-le"), PART.encode("utf-16-be")]


def found_in(data, needles=tuple(NEEDLES)):
    return sorted({NEEDLES[n] for n in needles if n in data})


class Watch(threading.Thread):
    """Reads every file of a folder that has changed, over and over while commands run."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder = folder
        self.found, self.names, self.stopped = [], {}, threading.Event()

    def run(self):
        while not self.stopped.wait(0.3):
            for path in list(self.folder.rglob("*")):
                try:
                    state = path.stat()
                    if not path.is_file() or self.names.get(path.name) == (state.st_mtime_ns, state.st_size):
                        continue
                    data = path.read_bytes().lower()
                except OSError:
                    continue  # gone meanwhile
                self.names[path.name] = (state.st_mtime_ns, state.st_size)
                self.found += [(path.name, what) for what in found_in(data, PLAIN)]

    def stop(self):
        self.stopped.set()
        self.join()
        return self.found


class Reader:
    """Another program that has the store open, so that its write-ahead log stays. A process of its own: locks of
    this one end when it closes any of the files."""

    def __init__(self, store):
        self.child = subprocess.Popen(
            [sys.executable, "-c", "import sqlite3, sys\n"
             "db = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)\n"
             "db.execute('select count(*) from meta').fetchall()\n"
             "print('open', flush=True)\n"
             "sys.stdin.read()", str(store)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.child.stdout.readline() != b"open\n":
            raise AssertionError("the store could not be opened by another")

    def close(self):
        self.child.communicate()


class Canary(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = Schema(ROOT)
        cls.place = p = Place("canary")
        p.add_user("amina", "caseworker")
        p.add_user("stella", "steward")
        # what holds canaries because it must lies apart from what must not
        cls.own = pathlib.Path(tempfile.mkdtemp(prefix="counterfoil-canary-own-"))
        cls.temporary = p.folder / "temporary"
        cls.temporary.mkdir()
        cls.said = []
        cls.planted, cls.persons = cls.plant()
        cls.rows = cls.own / "rows.csv"
        with open(cls.rows, "w", encoding="utf-8") as out:
            out.write("Full name,Date of birth,Place of birth\n")
            for i in range(ROWS):
                out.write(f"{WORD} {i} {WORD}{i % 700},{DAYS[i % 2]},{WORD}{i}\n")
        cls.lines = write_lines(cls.own / "planted.jsonl", cls.planted)

    @classmethod
    def tearDownClass(cls):
        cls.place.close()
        subprocess.run(["rm", "-r", cls.own], check=True)

    @classmethod
    def plant(cls):
        """Two records of each entity with a canary in each hidden field; the persons they are about."""
        maker = Maker(cls.schema, random.Random(7341))
        for entity, n in (("person", 2), ("case", 1), ("organisation", 1), ("evidence", 2)):
            maker.announce(entity, n)
        records = []
        for entity in cls.schema.entities:
            ids = maker.names.get(entity, [None, None])
            for i, record_id in enumerate(ids):
                fixed = {f["name"]: cls.canary(entity, f, i) for f in cls.schema.fields(entity)
                         if f["sensitivity"] in HIDDEN and f["type"] != "reference"}
                if entity == "identifier":
                    fixed.update(platform=f"platform-of-{i}", used_by=maker.names["person"][i])
                records.append(maker.record(entity, record_id, only=set(), **fixed))
        return records, maker.names["person"]

    @staticmethod
    def canary(entity, field, i):
        kind = field["type"]
        if kind == "text":
            return f"{WORD} {entity}.{field['name']} {i}"
        if kind == "date":
            return DAYS["not_below" in field]
        if kind == "number":
            return NUMBERS[i] if "latitude" in field["name"] or "longitude" in field["name"] else NUMBERS[2]
        if kind == "identifier":
            return f"phone:+44{PHONE}"
        raise AssertionError(f"{entity}.{field['name']}: no canary is known for the type {kind}")

    def do(self, *args, user="amina", good=True, looked_at=False):
        """Runs a command; looked_at: what it prints is meant to show what is hidden."""
        done = self.place.run(*args, user=user, env={"TMPDIR": str(self.temporary)})
        self.said.append((args, done.stderr if looked_at else done.stdout + done.stderr))
        self.assertEqual(done.returncode == 0, good, f"{args}: {done.stdout[-500:]} {done.stderr[-500:]}")
        return done

    def spoil(self):
        """Errors that could speak of a cell."""
        columns = "Case No,Full name,Date of birth,Gender,Phone,Citizenship,Email"
        cells = [f"{WORD},{WORD},{WORD} 31/02/1871,{WORD},{WORD},{WORD},{WORD}@@{WORD}", f"{WORD},\"{WORD}", f"{WORD}"]
        for i in range(len(cells)):
            bad = self.own / f"bad{i}.csv"
            bad.write_text("\n".join([columns, *cells[i:]]) + "\n", encoding="utf-8")
            self.do("import", bad, good=False)
            self.do("import", bad, "--dry-run", "--json", good=False)
            self.do("import", bad, "--partial", "--rejects", self.own / f"rejects{i}.csv", good=False)
        head = '{"counterfoil":1,"entity":"person","id":"' + self.persons[0] + '",'
        for i, line in enumerate((f'"birth_date":"{WORD}"', f'"gender":"{WORD}"', f'"name?":"{WORD}"', f'"name":["{WORD}"',
                                  f'"citizenship":"{WORD}","name":" {WORD}"', f'"note@":"{WORD}"')):
            bad = self.own / f"bad{i}.jsonl"
            bad.write_text(head + line + "}\n", encoding="utf-8")
            self.do("import", bad, good=False)
        for one in ("birth_date", "gender", "citizenship", "number_of_children", "deceased", "address_latitude",
                    "birth_country", "language"):
            self.do("add", "person", "--set", f"name={WORD}", "--set", f"{one}={WORD}", good=False)
            self.do("edit", self.persons[0], "--set", f"{one}={WORD}", good=False)
        self.do("add", "person", "--set", f"name=({WORD})", good=False)
        self.do("add", "role", "--set", f"person={WORD}", "--set", f"case={WORD}", good=False)
        self.do("add", "identifier", "--set", f"value=phone:{WORD}", good=False)
        draft = self.own / "draft"
        draft.write_text(f"name: {WORD}\n{WORD} without a colon\nbirth_date: {WORD}\n", encoding="utf-8")
        self.do("edit", self.persons[0], "--file", draft, good=False)
        self.do("search", "person.note", WORD, good=False)
        self.do("list", "person", "--where", f"gender={WORD}", good=False)

    def test_a_nowhere(self):
        p, (one, other) = self.place, self.persons
        watch = Watch(p.folder)
        watch.start()
        reader = Reader(p.store)
        self.do("import", self.rows)
        self.do("import", self.lines)
        self.do("edit", one, "--set", f"name={WORD} changed", "--set", f"note={WORD}", "--reason", f"as {WORD} asked")
        for record in (one, other):
            shown = self.do("show", record, looked_at=True).stdout
            self.assertIn(PART, shown)
        found = self.do("search", "person.name", f"changed {WORD}", "--json", looked_at=True).stdout
        self.assertIn(one, found)
        self.do("history", one)
        self.do("list", "person", "--limit", "20")
        to = next(r["id"] for r in self.planted if r["entity"] == "organisation")
        out = self.own / "out.csv"
        self.do("export", "--person", other, "--purpose", "media", "--to", to, "--out", out, user="stella", good=False)
        self.assertFalse(out.exists())
        for form, name in (("htcds-csv", "out.csv"), ("xlsx", "out.xlsx"), ("jsonl", "out.jsonl"), ("ftm", "out.ftm.json")):
            self.do("export", "--person", other, "--purpose", "referral", "--to", to, "--legal-basis", "court_order",
                    "--format", form, "--out", self.own / name, user="stella")
        self.assertNotEqual(found_in(out.read_bytes()), [])
        self.spoil()
        self.do("backup", p.folder / "backup.store", user="stella")
        type(self).wrapped = self.sealed_for(self.persons)
        self.do("rotate", user=None)
        self.do("rotate", "--index", user=None)
        self.do("doctor", user=None)
        for what in ("verify", "show", "head", "key"):
            self.do("audit", what, user="stella")
        self.do("audit", "show", "--json", "--limit", "1000", user="stella")
        self.assertEqual(watch.stop(), [])
        self.assertIn(p.store.name + "-wal", watch.names)
        self.nothing_on_the_disk({p.store.name, p.store.name + "-wal", p.store.name + "-shm", "backup.store"})
        reader.close()
        for args, text in self.said:
            self.assertEqual(found_in(text.encode()), [], f"said by {args[:3]}")
        # the looking must be able to find
        held = self.lines.read_bytes()
        for text in (PART, PHONE, *DAYS, *NUMBERS):
            self.assertIn(text.encode(), held)

    def nothing_on_the_disk(self, wanted):
        looked_at = set()
        for path in self.place.folder.rglob("*"):
            if path.is_file():
                looked_at.add(path.name)
                self.assertEqual(found_in(path.read_bytes()), [], f"stands in {path.name}")
        self.assertLessEqual(wanted, looked_at)

    def test_b_every_hidden_field_was_planted(self):
        wanted = {(entity, f["name"]) for entity in self.schema.entities for f in self.schema.fields(entity)
                  if f["sensitivity"] in HIDDEN and f["type"] != "reference"}
        held = {(r["entity"], key) for r in self.planted for key, value in r.items()
                if found_in(str(value).encode()) or str(value) in NUMBERS}
        self.assertEqual(wanted - held, set())
        self.assertGreater(len(wanted), 80)

    def test_c_no_core(self):
        """A crash in mid-run leaves no memory on the disk, whatever the user's limits say."""
        p = self.place
        cores = p.folder / "cores"
        cores.mkdir()

        def allow_cores():
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

        control = subprocess.Popen(["sleep", "60"], cwd=cores, preexec_fn=allow_cores)
        control.send_signal(signal.SIGABRT)
        control.returncode = os.waitpid(control.pid, 0)[1]
        if not os.WCOREDUMP(control.returncode):
            print("the system dumps no core of anybody, so that this test says little")
        for file in cores.iterdir():
            file.unlink()
        for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGSEGV, signal.SIGABRT):
            crashed = p.beside(f"crash{number}.store")
            crashed.must("init", "--stretch", 8)
            crashed.add_user("amina", "caseworker")
            wal = pathlib.Path(f"{crashed.store}-wal")
            child = subprocess.Popen(crashed.command("import", self.rows, user="amina"), cwd=cores, preexec_fn=allow_cores,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                     env=p.environment({"TMPDIR": str(self.temporary)}))
            while child.poll() is None and not wal.exists():
                time.sleep(0.005)
            time.sleep(0.1)
            self.assertIsNone(child.poll(), "it ended before it could crash")
            os.kill(child.pid, number)
            said = child.stderr.read()
            status = os.waitpid(child.pid, 0)[1]
            child.stderr.close()
            child.returncode = status
            self.assertNotEqual(status, 0)
            self.assertFalse(os.WCOREDUMP(status))
            self.assertEqual(found_in(said), [])
            self.assertEqual([f.name for f in cores.iterdir()], [])
            crashed.check()
            for end in ("", "-wal", "-shm"):
                pathlib.Path(f"{crashed.store}{end}").unlink(missing_ok=True)
        self.nothing_on_the_disk({p.store.name})

    def sealed_for(self, persons):
        """What stands in the store for these persons: wrapped keys, sealed contents, tags of their own."""
        found = {}
        for person in persons:
            # an id is 26 characters of five bits, the first of three
            number = 0
            for letter in person:
                number = number << 5 | "0123456789abcdefghjkmnpqrstvwxyz".index(letter)
            owner = number.to_bytes(16, "big")
            rows = self.place.query("select sealed from owner_key where owner = ?", owner)
            self.assertEqual(len(rows), 1, "the person has a key")
            found.update({bytes(row[0][:24]): "a wrapped key" for row in rows})
            rows = self.place.query("select sealed from revision where owner = ?", owner)
            self.assertGreater(len(rows), 5)
            found.update({bytes(row[0][:24]): "a sealed revision" for row in rows})
            rows = self.place.query("select tag from term where record in (select number from record where person_id = ?) "
                                    "group by field, tag having (select count(*) from term as t where "
                                    "t.field = term.field and t.tag = term.tag) = 1", owner)
            self.assertGreater(len(rows), 5)
            found.update({bytes(row[0]): "a blind tag" for row in rows})
        return found

    def test_d_erased(self):
        p = self.place
        needles = self.sealed_for(self.persons)
        before = b"".join(f.read_bytes() for f in p.folder.glob(p.store.name + "*"))
        # few lie across two pages, so that they are not found although they are there
        self.assertGreater(sum(form in before for form in needles), 0.9 * len(needles))
        needles.update(self.wrapped)  # under the keys before they were rotated
        needles[b"platform-of-"] = "a coded value"
        self.assertIn(b"platform-of-", before)
        reader = Reader(p.store)
        (p.folder / "backup.store").unlink()
        for person in self.persons:
            self.do("erase", person, "--yes", user="stella")
        left = b"".join(f.read_bytes() for f in p.folder.rglob("*") if f.is_file())
        reader.close()
        left += p.store.read_bytes()
        self.assertEqual({what for form, what in needles.items() if form in left}, set())
        self.nothing_on_the_disk({p.store.name})
        p.check()
        self.assertEqual(p.json("search", "identifier.value", f"+44{PHONE}", user="amina")["records"], [])
        for person in self.persons:
            self.assertNotEqual(p.run("show", person, user="amina").returncode, 0)


if __name__ == "__main__":
    unittest.main()
