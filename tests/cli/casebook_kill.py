#!/usr/bin/env python3
"""Loss of power in the middle of a command: SIGKILL at random moments of commands that write, 200 in all.

After each one the store opens, its database and its log are sound, and it holds all or nothing of each
transaction. Which these are:
  import      one for the whole file, in however many batches it was put, with the log's entry of it
  edit        one: every value that was set, in one revision
  backup      one, for the log's entry; the file gets its name last
  rotate      one; with --index a second one, for the indexes
  passphrase  one
  restore     none in a store that is there; the new store gets its name last
How long a command takes is measured first, and moments are drawn within that, a third of them within what
comes after opening the store."""
import os
import random
import shutil
import subprocess
import time
import unittest

from store_place import QUICK, Place, cases_table

KILLS = 30 if QUICK else 200
BATCH = 1 << 14  # of records: BATCH_ITEMS in take_in.c


class Killer:
    """Runs commands of one kind, and kills them."""

    all_kills = all_hits = 0

    def __init__(self, random_stream):
        self.random = random_stream
        self.longest = self.opening = None

    @staticmethod
    def seconds(command):
        start = time.monotonic()
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
                              env=Place.environment())
        if done.returncode:
            raise AssertionError(f"{command}: exit {done.returncode}: {done.stderr}")
        return time.monotonic() - start

    def measure(self, opening, *commands):
        """How long it takes to open the store, by a command that does little more, and the commands themselves."""
        self.opening = min(self.seconds(opening) for _ in range(2))
        self.longest = max(min(self.seconds(command) for command in commands), self.opening * 1.1)

    def kill(self, command):
        """True when it was killed, False when it had ended before."""
        first = self.opening if self.random.random() < 0.3 else 0
        after = self.random.uniform(first, self.longest)
        start = time.monotonic()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                 env=Place.environment())
        time.sleep(max(0.0, start + after - time.monotonic()))
        child.kill()
        said = child.communicate()[1]
        if child.returncode not in (0, -9):
            raise AssertionError(f"{command}: exit {child.returncode}: {said}")
        hit = child.returncode == -9
        if not hit:  # it has become quicker
            self.longest = max(after, self.opening * 1.02)
        Killer.all_kills += 1
        Killer.all_hits += hit
        return hit


def share(percent):
    return max(2, KILLS * percent // 100)


class Kills(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = p = Place("kill")
        p.add_user("amina", "caseworker")
        p.add_user("stella", "steward")
        cls.random = random.Random(20261126)
        cls.n_rows = 0

    @classmethod
    def tearDownClass(cls):
        cls.place.close()
        print(f"{Killer.all_hits} of {Killer.all_kills} kills came before the command had ended")
        if Killer.all_kills and Killer.all_hits < 0.8 * Killer.all_kills:
            raise AssertionError("most kills came too late")

    def opening(self):
        return self.place.command("list", "--limit", 1, user="amina")

    def copy_of(self, place, name):
        """The store as it is, in a file beside it; no command runs."""
        other = place.beside(name)
        for end in ("", "-wal", "-shm"):
            if os.path.exists(f"{place.store}{end}"):
                shutil.copy(f"{place.store}{end}", f"{other.store}{end}")
        return other

    def remove(self, place):
        for end in ("", "-wal", "-shm", ".erasures"):
            if os.path.exists(f"{place.store}{end}"):
                os.unlink(f"{place.store}{end}")

    def import_fresh(self, n):
        """A store that holds n rows, of which the passphrase's holder is no author."""
        table = cases_table(self.place.folder / "some.csv", "some", n)
        self.place.must("import", table, user="amina")

    # the tests run in this order: a..f

    def test_a_import(self):
        """Killed again and again, then finished: as if it had been done once."""
        n_rows = BATCH // 4 + 200
        table = cases_table(self.place.folder / "cases.csv", "killed", n_rows)
        killer = Killer(self.random)
        clean = self.copy_of(self.place, "clean.store")
        p = self.copy_of(clean, "import.store")
        command = p.command("import", table, user="amina")
        killer.measure(self.opening(), command)
        n_whole = p.n_records()
        self.assertGreater(n_whole, BATCH, "the file must need more than one batch")
        rounds = share(16)
        for i in range(rounds):
            if i == 0 or p.n_records():
                self.remove(p)
                p = self.copy_of(clean, "import.store")
            hit = killer.kill(command)
            p.check()
            n = p.n_records()
            self.assertIn(n, (0, n_whole))
            self.assertTrue(hit or n == n_whole, "it said that it was done")
            self.assertEqual(p.n_logged("import"), n // n_whole)
            if i % 10 == 9 or i == rounds - 1:
                again = p.json("import", table, user="amina")
                self.assertEqual((again["new"], again["changed"], again["unchanged"]),
                                 (n_whole - n, 0, n))
                self.assertEqual(p.n_records(), n_whole)
                self.assertEqual(p.query("select count(*) from record where entity = (select number from name "
                                         "where text = 'person')")[0][0], n_rows)
                self.assertEqual(len(p.json("search", "person.name", "killed person 7", user="amina")["records"]), 1)
        self.remove(p)
        self.remove(clean)

    def test_b_edit(self):
        p = self.place
        self.import_fresh(100)
        person = p.add("person", "amina", name="v0", birth_place="v0", note="v0")
        killer = Killer(self.random)

        def edit(version):
            return p.command("edit", person, "--set", f"name=v{version}", "--set", f"birth_place=v{version}",
                             "--set", f"note=v{version}", user="amina")

        killer.measure(self.opening(), edit(1), edit(2), edit(3))
        known = 3
        for _ in range(share(24)):
            hit = killer.kill(edit(known + 1))
            p.check()
            values = p.values(person, "amina")
            version = int(values["name"][0][1:])
            self.assertIn(version, (known, known + 1))
            self.assertTrue(hit or version == known + 1, "it said that it was done")
            self.assertEqual({v for field in ("name", "birth_place", "note") for v in values[field]},
                             {f"v{version}"})
            revisions = p.json("history", person, user="amina")["revisions"]
            self.assertEqual([r["revision"] for r in revisions], list(range(1, version + 2)))
            known = version

    def test_c_backup(self):
        p = self.place
        self.import_fresh(600)
        nobody = p.folder / "nobody-erased"
        nobody.write_text("", encoding="utf-8")
        backup = p.folder / "backup.store"
        command = p.command("backup", backup, user="stella")
        killer = Killer(self.random)
        killer.measure(self.opening(), command)
        backup.unlink()
        n = p.n_records()
        for _ in range(share(20)):
            n_before = p.n_logged("backup")
            hit = killer.kill(command)
            p.check()
            self.assertIn(p.n_logged("backup"), (n_before, n_before + 1))
            self.assertEqual(p.n_records(), n)
            self.assertTrue(hit or backup.exists(), "it said that it was done")
            for made in (backup, p.folder / "backup.store.part"):
                restored = p.beside("restored.store")
                if not made.exists():
                    continue
                done = restored.run("restore", made, "--erasures", nobody)
                self.assertTrue(done.returncode == 0 or made != backup, done.stderr)
                self.assertEqual(restored.store.exists(), done.returncode == 0)
                if restored.store.exists():
                    restored.check()
                    self.assertEqual(restored.n_records(), n)
                    self.assertGreaterEqual(restored.n_logged("backup"), n_before)
                    self.remove(restored)
            if not backup.exists():
                p.must("backup", backup, user="stella")
            backup.unlink()
            self.assertEqual([f for f in p.files() if f.startswith("backup") or ".part" in f], [])

    def generation(self, p):
        return int.from_bytes(p.query("select value from meta where name = 'generation'")[0][0], "little")

    def test_d_rotate(self):
        p = self.place
        person = p.json("search", "person.name", "v1", user="amina")["records"]
        for args, percent in (((), 13), (("--index",), 7)):
            command = p.command("rotate", *args)
            killer = Killer(self.random)
            killer.measure(self.opening(), command, command)
            for _ in range(share(percent)):
                before = self.generation(p)
                hit = killer.kill(command)
                p.check()
                self.assertIn(self.generation(p), (before, before + 1))
                self.assertTrue(hit or self.generation(p) == before + 1, "it said that it was done")
                # the users' ways in lead to the key that it is now, and the index to what it was made of
                found = p.json("search", "person.name", "some person 7", user="amina")["records"]
                self.assertEqual(len(found), 1)
                self.assertEqual(p.values(found[0]["id"], "amina")["name"], ["some Person 7"])
        self.assertIsNotNone(person)

    def test_e_passphrase(self):
        p = self.place
        words = [p.folder / "passphrase", p.folder / "other-passphrase"]
        words[1].write_text("another thing altogether\n", encoding="utf-8")
        killer = Killer(self.random)
        killer.measure(self.opening(), p.command("passphrase", "--new-passphrase-file", words[0], "--stretch", 8))
        try:
            for _ in range(share(10)):
                new = words[1] if p.words == words[0] else words[0]
                old = p.words
                hit = killer.kill(p.command("passphrase", "--new-passphrase-file", new, "--stretch", 8))
                opens = []
                for p.words in words:
                    done = p.run("doctor")
                    self.assertIn(done.returncode, (0, 2), done.stderr)
                    opens += [p.words] if done.returncode == 0 else []
                self.assertEqual(len(opens), 1, "exactly one passphrase opens the store")
                self.assertTrue(hit or opens == [new], "it said that it was done")
                self.assertIn(opens[0], (old, new))
                p.words = opens[0]
                p.check()
        finally:
            p.words = opens[0]
            if p.words != words[0]:
                p.must("passphrase", "--new-passphrase-file", words[0], "--stretch", 8)
            p.words = words[0]
        self.assertEqual(len(p.json("search", "person.name", "some person 7", user="amina")["records"]), 1)

    def test_f_restore(self):
        """A restore that is killed brings nobody back who was erased after the backup."""
        p = self.place
        gone = p.add("person", "amina", name="Whoever was erased")
        backup = p.folder / "before.store"
        p.must("backup", backup, user="stella")
        p.must("erase", gone, "--yes", user="stella")
        n = p.n_records()
        erasures = f"{p.store}.erasures"
        restored = p.beside("again.store")
        command = restored.command("restore", backup, "--erasures", erasures)
        killer = Killer(self.random)
        killer.measure(self.opening(), command)
        self.remove(restored)
        for _ in range(share(10)):
            hit = killer.kill(command)
            self.assertTrue(hit or restored.store.exists(), "it said that it was done")
            if not restored.store.exists():
                restored.must("restore", backup, "--erasures", erasures)
            restored.check()
            self.assertEqual(restored.n_records(), n)
            self.assertEqual(restored.json("search", "person.name", "whoever was erased", user="amina")["records"], [])
            self.assertEqual([f for f in p.files() if f.startswith("again.store.part")], [])
            self.remove(restored)


if __name__ == "__main__":
    unittest.main()
