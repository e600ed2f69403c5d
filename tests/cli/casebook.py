#!/usr/bin/env python3
"""The case store from the command line: records in and out, who may do what, consent, erasure, the log."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import unittest

from store_place import PROGRAM, Place

ROOT = pathlib.Path(os.environ["CF_SOURCE_ROOT"])
ROLES = ["caseworker", "investigator", "analyst", "steward", "auditor", "administrator"]
CANARY = "Zanzibarinka"


class Records(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Place("records")
        cls.place.add_user("amina", "caseworker")
        cls.place.add_user("joseph", "caseworker")
        cls.place.add_user("stella", "steward")

    @classmethod
    def tearDownClass(cls):
        cls.place.close()

    def test_add_show_edit_history(self):
        p = self.place
        person = p.add("person", "amina", name="Amina Diallo", birth_date="04/1998", gender="Female",
                       citizenship=["Nigeria", "Ivory Coast"], note="two words")
        values = p.values(person, "amina")
        self.assertEqual(values["name"], ["Amina Diallo"])
        self.assertEqual(values["birth_date"], ["1998-04"])
        self.assertEqual(sorted(values["citizenship"]), ["CIV", "NGA"])
        changed = p.json("edit", person, "--set", "birth_date=(refused)", "--set", "name#2=Lola", "--set",
                         "name_kind#2=alias", "--reason", "she told us", user="amina")
        self.assertEqual([changed["outcome"], changed["revision"]], ["changed", 2])
        values = p.values(person, "amina")
        self.assertEqual(values["name"], ["Amina Diallo", "Lola"])
        self.assertEqual(values["birth_date"], ["(refused)"])
        self.assertEqual(p.values(person, "amina", "--revision", 1)["birth_date"], ["1998-04"])
        history = p.json("history", person, user="amina")
        self.assertEqual([r["revision"] for r in history["revisions"]], [1, 2])
        self.assertEqual({r["author"] for r in history["revisions"]}, {"amina"})
        unchanged = p.json("edit", person, "--set", "name#2=Lola", user="amina")
        self.assertEqual([unchanged["outcome"], unchanged["revision"]], ["unchanged", 2])

    def test_text_of_an_editor(self):
        p = self.place
        person = p.add("person", "amina", name="One", note="a\nb")
        editor = p.folder / "editor"
        editor.write_text("#!/bin/sh\nsed -i -e 's/^name: One$/name: \\\\(Two)/' -e 's/^#birth_date:/birth_date: 1990/' \"$1\"\n",
                          encoding="utf-8")
        editor.chmod(0o700)
        p.must("edit", person, user="amina", env={"EDITOR": str(editor), "VISUAL": ""})
        values = p.values(person, "amina")
        self.assertEqual(values["name"], ["(Two)"])
        self.assertEqual(values["birth_date"], ["1990"])
        self.assertEqual(values["note"], ["a\nb"])
        # what is shown can be given back as it is
        text = p.must("show", person, user="amina")
        done = p.run("edit", person, "--file", "-", "--json", user="amina", text=text)
        self.assertEqual(json.loads(done.stdout)["outcome"], "unchanged", done.stderr)

    def test_faults_are_named_and_nothing_is_written(self):
        p = self.place
        before = p.json("list", "person", "--limit", 1000, user="amina")["records"]
        for sets, word in ((["name=X", "gender=purple"], "gender"), (["name=X", "birth_date=31/02/1990"], "birth_date"),
                           (["name=X", "nothing=1"], "no field"), (["name=X", "gender=(maybe)"], "unknown")):
            args = [a for s in sets for a in ("--set", s)]
            done = p.run("add", "person", *args, user="amina")
            self.assertEqual(done.returncode, 2, sets)
            self.assertIn(word, done.stderr)
            self.assertNotIn("purple", done.stderr)
        after = p.json("list", "person", "--limit", 1000, user="amina")["records"]
        self.assertEqual(len(before), len(after))

    def test_references_lead_somewhere(self):
        p = self.place
        person = p.add("person", "amina", name="A")
        done = p.run("add", "role", "--set", f"person={person}", "--set", f"case={person}", "--set", "role=victim",
                     user="amina")
        self.assertEqual(done.returncode, 2)
        self.assertIn("role.case", done.stderr)
        # a foreign person is told apart from none to nobody
        done = p.run("add", "identifier", "--set", "value=phone:+447911123456", "--set", f"used_by={person}",
                     user="joseph")
        self.assertEqual(done.returncode, 2)

    def test_search(self):
        p = self.place
        person = p.add("person", "amina", name="Мария Иванова")
        for text in ("Мария Иванова", "ivanova mariia", "Иванова"):
            found = p.json("search", "person.name", text, user="amina")["records"]
            self.assertIn(person, [r["id"] for r in found], text)
        self.assertEqual(p.json("search", "person.name", "Иванова", user="joseph")["records"], [])
        phone = p.add("identifier", "amina", value="phone:+44 7911 123456", used_by=person)
        for text in ("+44 7911 123456", "phone:+447911123456"):
            found = p.json("search", "identifier.value", text, user="amina")["records"]
            self.assertEqual([r["id"] for r in found], [phone])
        self.assertEqual(p.run("search", "person.note", "x", user="amina").returncode, 2)

    def test_search_of_names_in_pieces(self):
        p = self.place
        person = p.add("person", "amina", name_given="Quynh Anh", name_family="Tran", **{"name_given#2": "Lolita"})
        for text in ("Tran Quynh Anh", "tran", "Lolita"):
            found = p.json("search", "person.name", text, user="amina")["records"]
            self.assertEqual([r["id"] for r in found], [person], text)

    def test_import(self):
        p = self.place
        table = p.folder / "people.csv"
        rows = ["prs_FirstName,prs_SecondName,prs_Birthdate,prs_MobilePhone,prs_IdentityNumber",
                "Imported,One,1990-01-01,+447911000001,", "Imported,Two,31/31/1990,+447911000002,"]
        table.write_text("\n".join(rows) + "\n", encoding="utf-8")

        def found():
            return len(p.json("search", "person.name", "Imported", user="amina")["records"])

        done = p.run("import", table, user="amina")
        self.assertEqual(done.returncode, 2)
        self.assertIn("people.csv: line 3: column 'prs_Birthdate' (C)", done.stderr)
        self.assertNotIn("31/31/1990", done.stderr + done.stdout)
        self.assertEqual(found(), 0)
        rejects = p.folder / "rejects.csv"
        done = p.run("import", table, "--partial", "--rejects", rejects, "--json", user="amina")
        self.assertEqual([json.loads(done.stdout)[k] for k in ("rows", "good_rows", "new")], [2, 1, 2])
        self.assertEqual(found(), 1)
        mended = rejects.read_text(encoding="utf-8").replace("31/31/1990", "1990-02-02")
        rejects.write_text(mended, encoding="utf-8")
        self.assertEqual(p.json("import", rejects, user="amina")["new"], 2)
        self.assertEqual(found(), 2)
        again = p.json("import", rejects, user="amina")
        self.assertEqual([again[k] for k in ("new", "changed", "unchanged")], [0, 0, 2])
        # what somebody else imported is not another's to change
        self.assertEqual(p.run("import", rejects, user="joseph").returncode, 2)

    def test_import_reaches_no_record_of_others(self):
        p = self.place
        person = p.add("person", "amina", name="Nobody Else's")
        theirs = p.add("case", "amina", kind="ngo_case")
        mine = p.add("case", "joseph", kind="ngo_case")
        rows = {"a role of another's person": f"role.person,role.case,role.role\n{person},{mine},victim\n",
                "a role in another's case": f"person.name,role.case,role.role\nSomebody,{theirs},victim\n",
                "a contact of another's": f"identifier.value,identifier.used_by\nphone:+447911123456,{person}\n"}
        before = p.json("list", "--limit", 1000, user="joseph")["records"]
        refused = len(p.json("audit", "show", "--action", "refused", "--limit", 1000, user="stella"))
        for n, (what, text) in enumerate(rows.items(), 1):
            for mode in ([], ["--partial"]):
                file = p.folder / f"others{n}.csv"
                file.write_text(text, encoding="utf-8")
                done = p.run("import", file, *mode, user="joseph")
                self.assertNotEqual(done.returncode, 0, what)
                self.assertIn("line 2", done.stderr, what)
                self.assertIn("nothing was imported", done.stderr, what)
        self.assertEqual(p.json("list", "--limit", 1000, user="joseph")["records"], before)
        self.assertNotEqual(p.run("show", person, user="joseph").returncode, 0)
        entries = p.json("audit", "show", "--action", "refused", "--limit", 1000, user="stella")
        self.assertGreaterEqual(len(entries), refused + 2 * len(rows), "every refusal is in the log")
        # whose they are may
        file.write_text(rows["a role of another's person"].replace(mine, theirs), encoding="utf-8")
        p.must("import", file, user="amina")
        p.must("import", file, user="amina")

    def test_list(self):
        p = self.place
        ids = [p.add("person", "joseph", name=f"N{i}", gender="male") for i in range(7)]
        first = p.json("list", "person", "--where", "gender=male", "--limit", 4, user="joseph")
        self.assertEqual([r["id"] for r in first["records"]], ids[:2:-1])
        self.assertTrue(first["more"])
        rest = p.json("list", "person", "--where", "gender=male", "--limit", 4, "--before", first["before"],
                      user="joseph")
        self.assertEqual([r["id"] for r in rest["records"]], ids[2::-1])
        text = p.must("list", "person", user="joseph")
        self.assertTrue(all(len(line) <= 100 for line in text.splitlines()))
        self.assertNotIn("N3", text)

    def test_handling_codes_hide_values(self):
        p = self.place
        case = p.add("case", "amina", number="7/2026", kind="ngo_case")
        person = p.add("person", "amina", name="Shared Person", **{"note@P5": "hers alone"})
        p.add("role", "amina", person=person, case=case, role="victim")
        p.must("share", case, "joseph", user="amina")
        self.assertEqual(p.values(person, "amina")["note"], ["hers alone"])
        shown = p.json("show", person, user="joseph")
        self.assertEqual(shown["withheld"], 1)
        self.assertNotIn("hers alone", json.dumps(shown))
        # an edit by one who did not see a value leaves it as it is
        p.must("edit", person, "--set", "birth_date=1999", user="joseph")
        self.assertEqual(p.values(person, "amina")["note"], ["hers alone"])
        self.assertEqual(p.values(person, "amina")["birth_date"], ["1999"])
        p.must("share", case, "joseph", "--out", user="amina")
        self.assertEqual(p.run("show", person, user="joseph").returncode, 2)

    def test_editing_at_once(self):
        p = self.place
        person = p.add("person", "amina", name="A")
        editor = p.folder / "slow-editor"
        # while the draft is open somebody else changes the record
        editor.write_text(f"#!/bin/sh\n'{PROGRAM}' edit {person} --set birth_date=1980 --store '{p.store}' "
                          f"--passphrase-file '{p.words}' --user amina >/dev/null || exit 9\n"
                          "sed -i 's/^name: A$/name: B/' \"$1\"\n", encoding="utf-8")
        editor.chmod(0o700)
        done = p.run("edit", person, user="amina", env={"EDITOR": str(editor), "VISUAL": ""})
        self.assertEqual(done.returncode, 2)
        self.assertIn("meanwhile", done.stderr)
        self.assertEqual(p.values(person, "amina")["name"], ["A"])

    def test_files_of_a_case(self):
        p = self.place
        case = p.add("case", "amina", number="8/2026", kind="ngo_case")
        paper = p.folder / "statement.pdf"
        paper.write_bytes(b"words" * 1000)
        noted = p.json("link-files", case, paper, user="amina")
        values = p.values(noted[0]["id"], "amina")
        self.assertEqual(values["sha256"], [hashlib.sha256(b"words" * 1000).hexdigest()])
        self.assertEqual(values["blake2b"], [hashlib.blake2b(b"words" * 1000).hexdigest()])
        self.assertEqual(values["size"], ["5000"])
        self.assertEqual(p.json("link-files", case, paper, user="amina")[0]["outcome"], "known")

    def test_linking_the_store(self):
        p = self.place
        p.add_user("linker", "caseworker")
        made = [p.add("person", "linker", name_given=given, name_family=family, birth_date=born)
                for given, family, born in (("Olena", "Kovalenko", "1991-03-04"), ("Maria", "Silva", "1985-01-09"),
                                            ("Olena", "Kovalenko", "1991-03-04"), ("Ngozi", "Okafor", "1999-12-30"),
                                            ("Linh", "Tran", "2001-07-16"))]
        pairs = p.folder / "pairs.csv"
        p.must("link", "--pairs", pairs, user="linker")
        lines = [line.split(",") for line in pairs.read_text(encoding="utf-8").splitlines()]
        self.assertEqual(lines[0][-2:], ["id_l", "id_r"])
        self.assertEqual([set(line[-2:]) for line in lines[1:]], [{made[0], made[2]}])
        # others' persons are not looked at, and who may not read is refused
        self.assertIn("link", [e["action"] for e in p.json("audit", "show", "--actor", "linker", user="stella")])
        self.assertEqual(p.run("link", "--pairs", p.folder / "none.csv").returncode, 2)

    def test_wrong_passwords(self):
        p = self.place
        wrong = p.folder / "wrong"
        wrong.write_text("not the password\n", encoding="utf-8")
        done = subprocess.run([PROGRAM, "list", "--store", p.store, "--user", "joseph", "--passphrase-file", wrong],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertNotIn("not the password", done.stderr)


class Consent(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Place("consent")
        cls.place.add_user("amina", "caseworker")

    @classmethod
    def tearDownClass(cls):
        cls.place.close()

    def test_nothing_leaves_without_consent(self):
        p = self.place
        shelter = p.add("organisation", "amina", name="Harbour Shelter")
        other = p.add("organisation", "amina", name="Other Place")
        person = p.add("person", "amina", name="Amina Diallo", birth_date="1998-04", gender="female",
                       **{"note@P5": "secret note"})
        out = p.folder / "out.csv"

        def export(to, purpose="referral"):
            return p.run("export", "--person", person, "--purpose", purpose, "--to", to, "--out", out, user="amina")

        done = export(shelter)
        self.assertEqual(done.returncode, 2)
        self.assertIn("consent", done.stderr)
        self.assertFalse(out.exists())
        consent = p.add("consent", "amina", person=person, purpose="referral", recipient=shelter, scope="identity",
                        state="given", given="2020-01-01")
        self.assertEqual(export(other).returncode, 2)
        self.assertEqual(export(shelter, "media").returncode, 2)
        self.assertFalse(out.exists())
        self.assertEqual(export(shelter).returncode, 0)
        text = out.read_text(encoding="utf-8")
        self.assertIn("Diallo", text)
        self.assertNotIn("secret note", text)
        out.unlink()
        report = p.json("consent", "report", person, user="amina")
        self.assertEqual(len(report["exports"]), 1)
        self.assertEqual(report["exports"][0]["recipient"], "Harbour Shelter")
        self.assertEqual(report["exports"][0]["sha256"], hashlib.sha256(text.encode()).hexdigest())
        p.must("consent", "withdraw", consent, "--on", "2021-05-05", user="amina")
        self.assertEqual(export(shelter).returncode, 2)
        self.assertFalse(out.exists())
        report = p.json("consent", "report", person, user="amina")
        self.assertEqual(report["consents"][0]["withdrawn"], "2021-05-05")
        self.assertEqual(len(report["exports"]), 1)


class Permission(unittest.TestCase):
    """Every role by every action by own, shared and foreign case, against the table people read."""

    COMMANDS = {
        "list": [("list", "--case", "{case}", "--json"), ("history", "{person}")],
        "read": [("show", "{person}")],
        "add": [("add", "identifier", "--set", "value=phone:+447911123456", "--set", "used_by={person}")],
        "edit": [("edit", "{person}", "--set", "birth_date={day}"), ("link-files", "{case}", "{file}"),
                 ("consent", "withdraw", "{spare}")],
        "share": [("share", "{case}", "guest")],
        "consent-report": [("consent", "report", "{person}")],
        "export-coded": [("export", "--coded", "--person", "{person}", "--out", "{out}")],
        "export": [("export", "--person", "{person}", "--purpose", "referral", "--to", "{organisation}",
                    "--out", "{out}")],
        "erase": [("erase", "{victim}", "--yes")],
        "backup": [("backup", "{out}")],
        "users": [("user", "list")],
        "keys": [("rotate",)],
        "check": [("doctor",), ("audit", "verify"), ("audit", "head")],
        "audit": [("audit", "show", "--limit", "5")],
    }

    @classmethod
    def setUpClass(cls):
        cls.place = Place("permission")
        cls.table = cls.read_table()

    @classmethod
    def tearDownClass(cls):
        cls.place.close()

    @staticmethod
    def read_table():
        """{action: {role: set of scopes}} from docs/casebook.md."""
        found = {}
        page = (ROOT / "docs" / "casebook.md").read_text(encoding="utf-8")
        for line in page[page.index("## Who may do what"):].splitlines():
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            action = re.split(r"[: ]", cells[0])[0]
            if line.startswith("|") and len(cells) == 7 and action and not action.startswith("-"):
                scopes = [set(re.findall(r"own|shared", c)) or ({"own", "shared", "foreign"} if c else set())
                          for c in cells[1:]]
                found[action] = dict(zip(ROLES, scopes))
        return found

    def build(self, role, scope):
        """A case of that scope for a user of that role, with everything the commands need."""
        p = self.place
        user = f"{role}-{scope}"
        p.add_user(user, role)
        works = role in ("caseworker", "investigator")
        owner = user if works and scope == "own" else "owner"
        made = {"case": p.add("case", owner, number=user, kind="ngo_case")}
        for name in ("person", "victim"):
            made[name] = p.add("person", owner, name=f"Person {name}")
            p.add("role", owner, person=made[name], case=made["case"], role="victim")
        made["organisation"] = p.add("organisation", owner, name="Harbour")
        made["consent"] = p.add("consent", owner, person=made["person"], purpose="referral", scope="all",
                                recipient=made["organisation"], state="given", given="2020-01-01")
        made["spare"] = p.add("consent", owner, person=made["person"], purpose="media", scope="all",
                              recipient=made["organisation"], state="given", given="2020-01-01")
        if works and scope == "shared":
            p.must("share", made["case"], user, user="owner")
        return user, made

    def test_every_cell(self):
        p = self.place
        self.assertEqual(set(self.table), set(self.COMMANDS))
        p.add_user("owner", "caseworker")
        p.add_user("guest", "caseworker")
        paper = p.folder / "paper.txt"
        paper.write_text("paper", encoding="utf-8")
        tried = refused = 0
        for role in ROLES:
            # for those who do not work on cases all cases stand alike
            for scope in ("own", "shared", "foreign") if role in ("caseworker", "investigator") else ("foreign",):
                user, made = self.build(role, scope)
                for number, (action, commands) in enumerate(self.COMMANDS.items()):
                    allowed = scope in self.table[action][role]
                    for k, command in enumerate(commands):
                        made.update(file=paper, out=p.folder / f"out-{user}-{number}-{k}", day=f"19{50 + k}")
                        # the keys are for whoever holds the store's own passphrase, which is no user's
                        as_user = None if (role, action) == ("administrator", "keys") else user
                        done = p.run(*[part.format(**made) for part in command], user=as_user)
                        tried += 1
                        if action == "list" and command[0] == "list" and not allowed and done.returncode == 0:
                            # a list simply does not hold what is not one's own
                            self.assertEqual(json.loads(done.stdout)["records"], [])
                            continue
                        if action == "read" and not allowed and scope in self.table["list"][role]:
                            # who may see coded fields alone is shown those
                            self.assertEqual(done.returncode, 0, done.stderr)
                            self.assertNotIn("Person person", done.stdout)
                            continue
                        self.assertEqual(done.returncode == 0, allowed,
                                         f"{role}, {scope}: {' '.join(command)}: {done.stderr}")
                        if not allowed:
                            self.assertEqual(done.returncode, 2, done.stderr)
                            refused += 1
        log = p.json("audit", "show", "--action", "refused", user="auditor-foreign")
        self.assertGreater(tried, 150)
        self.assertEqual(len(log), refused)


class Keeping(unittest.TestCase):
    def setUp(self):
        self.place = Place("keeping")
        self.place.add_user("amina", "caseworker")
        self.place.add_user("stella", "steward")

    def tearDown(self):
        self.place.close()

    def bytes_on_disk(self, folder):
        return b"".join(f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file())

    def test_canary_and_erasure(self):
        p = self.place
        case = p.add("case", "amina", number=CANARY + "1", kind="ngo_case")
        person = p.add("person", "amina", name=CANARY + " Two", birth_place=CANARY + "3", note=CANARY + "4",
                       birth_date="1991-02-03", contact_safety=CANARY + "5")
        p.add("role", "amina", person=person, case=case, role="victim")
        p.add("identifier", "amina", value="phone:+447911123456", used_by=person, raw=CANARY + "6")
        backup = p.folder / "backup.store"
        p.must("backup", backup, user="stella")
        for word in (CANARY, CANARY.lower(), CANARY.upper(), "447911123456", "1991-02-03"):
            self.assertNotIn(word.encode(), self.bytes_on_disk(p.folder), word)
        self.assertEqual(len(p.json("search", "person.name", CANARY, user="amina")["records"]), 1)
        gone = p.json("erase", person, "--yes", user="stella")
        self.assertGreaterEqual(gone["records"], 3)
        self.assertEqual(p.json("search", "person.name", CANARY, user="amina")["records"], [])
        self.assertEqual(p.run("show", person, user="amina").returncode, 2)
        self.assertTrue(p.json("audit", "verify", user="stella")["sound"])
        restored = Place.__new__(Place)
        restored.folder, restored.words = p.folder, p.words
        restored.store = p.folder / "again.store"
        restored.must("restore", backup, "--erasures", str(p.store) + ".erasures")
        self.assertEqual(restored.json("search", "person.name", CANARY, user="amina")["records"], [])
        self.assertTrue(restored.json("audit", "verify", user="stella")["sound"])

    def test_tampering_is_named(self):
        p = self.place
        for i in range(5):
            p.add("person", "amina", name=f"Person {i}", gender="female")
        head = p.folder / "head"
        head.write_text(p.must("audit", "head", user="stella"), encoding="utf-8")
        copy = p.folder / "earlier"
        p.must("backup", copy, user="stella")
        p.add("person", "amina", name="Later", gender="male")
        self.assertTrue(p.json("audit", "verify", "--witness", head, user="stella")["sound"])
        later = p.folder / "later-head"
        later.write_text(p.must("audit", "head", user="stella"), encoding="utf-8")
        # set back to an earlier, consistent state: only a head from outside shows it
        for extra in ("-wal", "-shm"):
            pathlib.Path(str(p.store) + extra).unlink(missing_ok=True)
        shutil.copy(copy, p.store)
        done = p.run("audit", "verify", "--witness", later, "--json", user="stella")
        self.assertEqual(done.returncode, 2, done.stdout)
        # a coded value changed by hand, where nothing is sealed
        with sqlite3.connect(p.store) as db:
            changed = db.execute("update column_value set value = cast('Masculine' as blob) "
                                 "where value = cast('Feminine' as blob)").rowcount
        self.assertGreater(changed, 0)
        done = p.run("audit", "verify", "--json", user="stella")
        self.assertEqual(done.returncode, 2, done.stdout)

    def test_proofs_hold_outside(self):
        p = self.place
        p.add("person", "amina", name="A")
        key = p.must("audit", "key", user="stella").strip()
        early = p.folder / "early"
        early.write_text(p.must("audit", "head", user="stella"), encoding="utf-8")
        p.add("person", "amina", name="B")
        proof = p.folder / "proof"
        proof.write_text(p.must("audit", "prove", "--entry", 2, user="stella"), encoding="utf-8")
        extension = p.folder / "extension"
        extension.write_text(p.must("audit", "prove", "--witness", early, user="stella"), encoding="utf-8")
        for file in (proof, extension):
            done = subprocess.run([PROGRAM, "audit", "check", file, "--key", key], capture_output=True, text=True,
                                  check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            text = file.read_text(encoding="utf-8")
            spot = text.index("\n", len(text) // 3) - 3
            wrong = "A" if text[spot] != "A" else "B"
            bad = p.folder / "bad"
            bad.write_text(text[:spot] + wrong + text[spot + 1:], encoding="utf-8")
            done = subprocess.run([PROGRAM, "audit", "check", bad, "--key", key], capture_output=True, text=True,
                                  check=False)
            self.assertEqual(done.returncode, 2, done.stdout)


if __name__ == "__main__":
    unittest.main()
