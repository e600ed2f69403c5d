#!/usr/bin/env python3
"""A full disk, met by each command that writes: the store, or the file that is to be made, stands on a small file
system of its own, filled so that room runs out at different places. The command ends in one clear message and another
exit code than 0; nothing that was there is lost, nothing half-written has the name that was asked for; and when there is
room again the same command works. Skipped where no file system may be mounted."""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest
import zipfile

from store_place import QUICK, Place, cases_table

SKIPPED = 77
SMALL = 24 << 20
# what is left free: from nothing to almost enough
ROOM = [0, 32 << 10, 128 << 10] if QUICK else [0, 4 << 10, 32 << 10, 128 << 10, 512 << 10]


def in_own_mounts():
    """True in a process whose mounts nobody else sees; starts such a process, or skips, when this is none."""
    if os.environ.get("COUNTERFOIL_TEST_MOUNTS"):
        return
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    probe = ["sh", "-c", 'd=$(mktemp -d) && mount -t tmpfs -o size=64k none "$d" && umount "$d"; s=$?; rmdir "$d"; exit $s']
    try:
        can = subprocess.run(unshare + probe, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        can = False
    if not can:
        print("no file system may be mounted here")
        sys.exit(SKIPPED)
    os.environ["COUNTERFOIL_TEST_MOUNTS"] = "own"
    os.execvp("unshare", unshare + [sys.executable, *sys.argv])


class Full(unittest.TestCase):
    def setUp(self):
        self.place = p = Place("full")
        self.addCleanup(p.close)
        self.small = p.folder / "small"
        self.small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "none", self.small], check=True)
        self.addCleanup(subprocess.run, ["umount", self.small], check=True)
        p.add_user("amina", "caseworker")
        p.add_user("stella", "steward")
        self.person = p.add("person", "amina", name="Somebody", note="z" * 2000)
        self.to = p.add("organisation", "amina", name="Harbour Shelter")
        p.must("import", cases_table(p.folder / "some.csv", "some", 100), user="amina")

    def fill(self, room):
        """Nothing but so many bytes are left."""
        filler = self.small / "filler"
        filler.unlink(missing_ok=True)
        free = os.statvfs(self.small)
        n = free.f_bavail * free.f_frsize - room
        if n > 0:
            with open(filler, "wb") as out:
                os.posix_fallocate(out.fileno(), 0, n)

    def make_room(self):
        (self.small / "filler").unlink()

    def said_clearly(self, done):
        """One message, of what is wrong with which file, and how to mend it."""
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertRegex(done.stderr, "^counterfoil: ")
        self.assertRegex(done.stderr, "(?i)full|no space left|room")

    def move(self):
        """The store goes to the small file system."""
        moved = self.place.beside("small/casebook.store")
        for end in ("", ".erasures"):
            if os.path.exists(f"{self.place.store}{end}"):
                shutil.copy(f"{self.place.store}{end}", f"{moved.store}{end}")
        return moved

    def store_is_full(self, command, user, done_once, rooms=tuple(ROOM)):
        """The store's own disk is full: what fails changes nothing. done_once(place) tells whether it was done."""
        failed = 0
        for room in rooms:
            p = self.move()
            n = p.n_records()
            self.fill(room)
            done = p.run(*command, user=user)
            if done.returncode:
                failed += 1
                self.said_clearly(done)
            self.make_room()
            p.check()
            self.assertEqual(done_once(p), done.returncode == 0)
            if done.returncode:
                self.assertEqual(p.n_records(), n)
                p.must(*command, user=user)
                p.check()
                self.assertTrue(done_once(p))
            for file in self.small.iterdir():
                file.unlink()
        self.assertGreater(failed, 0, "the disk was never full")

    def test_import(self):
        p = self.place
        table = cases_table(p.folder / "more.csv", "more", 1500)
        n = p.n_records()
        self.store_is_full(("import", table), "amina", lambda p: p.n_records() == n + 4 * 1500, ROOM + [2 << 20])

    def test_add(self):
        n = self.place.n_records()
        self.store_is_full(("add", "person", "--set", "name=Another", "--set", "note=" + "x" * 60000), "amina",
                           lambda p: p.n_records() == n + 1)

    def test_edit(self):
        self.store_is_full(("edit", self.person, "--set", "name=Somebody else", "--set", "note=" + "x" * 60000), "amina",
                           lambda p: p.values(self.person, "amina")["name"] == ["Somebody else"])

    def test_rotate(self):
        def generation(p):
            return int.from_bytes(p.query("select value from meta where name = 'generation'")[0][0], "little")

        before = generation(self.place)
        self.store_is_full(("rotate",), None, lambda p: generation(p) > before)

    def test_passphrase(self):
        """The old one opens it when the change failed."""
        p = self.place
        other = p.folder / "other"
        other.write_text("another thing altogether\n", encoding="utf-8")

        def changed(place):
            words = place.words
            place.words = other
            opens = place.run("doctor").returncode == 0
            place.words = words
            return opens

        for room in ROOM[:3]:
            moved = self.move()
            self.fill(room)
            done = moved.run("passphrase", "--new-passphrase-file", other, "--stretch", 8)
            self.make_room()
            if done.returncode:
                self.said_clearly(done)
                moved.check()
            self.assertEqual(changed(moved), done.returncode == 0)

    def test_erase(self):
        """What was begun is finished when there is room: a person who is on the list does not stay."""
        for room in ROOM:
            p = self.move()
            self.fill(room)
            done = p.run("erase", self.person, "--yes", user="stella")
            if done.returncode:
                self.said_clearly(done)
            self.make_room()
            p.check()
            gone = p.run("show", self.person, user="amina").returncode != 0
            listed = os.path.exists(f"{p.store}.erasures") and os.path.getsize(f"{p.store}.erasures") > 0
            self.assertEqual(gone, listed)
            if not gone:
                p.must("erase", self.person, "--yes", user="stella")
            p.check()
            self.assertNotEqual(p.run("show", self.person, user="amina").returncode, 0)
            for file in self.small.iterdir():
                file.unlink()

    def output_is_full(self, name, command, user, good, rooms=tuple(ROOM)):
        """The file that is to be made stands on the full disk, and the store does not."""
        p = self.place
        out = self.small / name
        command = [str(part).format(out=out) for part in command]
        failed = 0
        for room in rooms:
            self.fill(room)
            n = p.n_records()
            done = p.run(*command, user=user)
            left = sorted(f.name for f in self.small.iterdir() if f.name != "filler")
            self.make_room()
            p.check()
            if done.returncode:
                failed += 1
                self.said_clearly(done)
                self.assertEqual(left, [], "nothing half-written is left")
                self.assertEqual(p.n_records(), n, "what did not leave is not noted as gone")
                p.must(*command, user=user)
            good(out)
            for file in self.small.iterdir():
                file.unlink()
        self.assertGreater(failed, 0, "the disk was never full")

    def test_backup(self):
        p = self.place
        nobody = p.folder / "nobody-erased"
        nobody.write_text("", encoding="utf-8")

        def good(out):
            restored = p.beside("restored.store")
            restored.must("restore", out, "--erasures", nobody)
            self.assertEqual(restored.n_records(), p.n_records())
            for file in p.folder.glob("restored.store*"):
                file.unlink()

        self.output_is_full("backup.store", ("backup", "{out}"), "stella", good)

    def test_backup_beside_the_store(self):
        """Both on the full disk."""
        self.move()
        p = self.place.beside("small/casebook.store")
        backup = self.small / "backup.store"
        n = p.n_records()
        self.fill(128 << 10)
        done = p.run("backup", backup, user="stella")
        self.said_clearly(done)
        self.assertEqual([f.name for f in self.small.iterdir() if f.name.startswith("backup")], [])
        self.make_room()
        p.check()
        self.assertEqual(p.n_records(), n)
        p.must("backup", backup, user="stella")
        self.assertTrue(backup.exists())

    def test_restore(self):
        p = self.place
        nobody = p.folder / "nobody-erased"
        nobody.write_text("", encoding="utf-8")
        backup = p.folder / "backup.store"
        p.must("backup", backup, user="stella")
        restored = p.beside("small/restored.store")
        for room in ROOM[:3]:
            self.fill(room)
            done = restored.run("restore", backup, "--erasures", nobody)
            self.said_clearly(done)
            self.assertEqual([f.name for f in self.small.iterdir()], ["filler"])
            self.make_room()
        restored.must("restore", backup, "--erasures", nobody)
        restored.check()
        self.assertEqual(restored.n_records(), p.n_records())

    @staticmethod
    def n_rows(path):
        """Rows of a table, or lines."""
        if path.suffix != ".xlsx":
            return len(path.read_bytes().splitlines())
        with zipfile.ZipFile(path) as book:
            return book.read("xl/worksheets/sheet1.xml").count(b"<row ")

    def test_export(self):
        for form, name in (("htcds-csv", "out.csv"), ("xlsx", "out.xlsx"), ("jsonl", "out.jsonl"), ("ftm", "out.ftm.json")):
            with self.subTest(form):
                command = ("export", "--purpose", "referral", "--to", self.to, "--legal-basis", "court_order",
                           "--format", form, "--out", "{out}")
                self.place.must(*command[:-1], self.place.folder / name, user="stella")
                n = self.n_rows(self.place.folder / name)
                self.assertGreater(n, 100)
                self.output_is_full(name, command, "stella", lambda out, n=n: self.assertEqual(self.n_rows(out), n),
                                    ROOM[:3])

    def test_export_from_a_full_store(self):
        """What cannot be written into the log does not leave."""
        p = self.move()
        out = self.place.folder / "out.csv"
        command = ("export", "--purpose", "referral", "--to", self.to, "--legal-basis", "court_order", "--out", out)
        self.fill(0)
        done = p.run(*command, user="stella")
        self.said_clearly(done)
        self.assertEqual([f for f in self.place.files() if "out.csv" in f], [])
        self.make_room()
        p.check()
        p.must(*command, user="stella")
        self.assertTrue(out.exists())


if __name__ == "__main__":
    in_own_mounts()
    unittest.main()
