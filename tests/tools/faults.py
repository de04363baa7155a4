"""Runs the programs with one system call at a time gone wrong (tests/tools/preload/fault.c) and judges what they did.

    faults.py FOLDER WHAT [STEP [SEED [KINDS]]]

FOLDER holds what project.sh made: hq, nasib, tiba, with PASSPHRASE in the environment. WHAT names a sweep below. With
STEP 1 each call goes wrong in turn; with STEP 20 one in 20 on average, which ones by SEED, and of the kinds of fault only
KINDS, drawn likewise. After each fault: the register opens, what was acknowledged is there, nothing is there twice, numbers
have no gap, an error was a sentence with an exit code of its own, and the same command without the fault works. Prints `ok`, `not ok` and what was counted.
"""
import json, os, random, shutil, signal, sys

sys.dont_write_bytecode = True
import programs
from programs import W, Relay, Wrong, copy, hq, keyring, must, run, sentence, sijil, tell, unlock, verdict_of

WHAT = sys.argv[2]
STEP = int(sys.argv[3]) if len(sys.argv) > 3 else 1
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else 1
KINDS = int(sys.argv[5]) if len(sys.argv) > 5 else 0
CALLS_MAX = 3000

# What happens, to which calls, and whether to all later ones too. A process that is killed, between calls and in them;
# a disk that fails or is full; what the kernel may always do (short).
KILLS = [("kill", "wstno"), ("killed-after", "wstn"), ("half-killed", "w")]
ERRORS = [("EIO", "w"), ("EIO", "s"), ("EIO", "s", True), ("EIO", "t"), ("EIO", "n"), ("EIO", "r"), ("EACCES", "o"),
          ("ENOSPC", "wtno", True), ("EDQUOT", "w"), ("full", "w"), ("short", "w"), ("short", "r")]

random.seed(SEED)


def places(run_at, fault):
    """The calls to try, until one lies behind the last."""
    at = random.randint(1, STEP)
    while at < CALLS_MAX:
        if not run_at(fault, at):
            return
        at += random.randint(1, 2 * STEP - 1)
    raise Wrong("more than %d calls" % CALLS_MAX)


fired_in_all = 0


def sweep(text, faults, once):
    """once(fault, at): does and judges one; returns whether the fault fired."""
    global fired_in_all
    fired_before = fired_in_all
    for fault in random.sample(faults, KINDS) if KINDS else faults:
        tried, wrong = [], []

        def run_at(fault, at):
            try:
                fired = once(fault, at)
            except Wrong as why:
                wrong.append("call %d: %s" % (at, why))
                return len(wrong) < 5
            tried.append(at)
            return fired

        places(run_at, fault)
        kind = fault[0] + (" for ever" if len(fault) > 2 else "")
        fired_in_all += max(len(tried) - 1, 0)
        tell(not wrong, "%s: %s at %s, %d faults" % (text, kind, "+".join(fault[1]), max(len(tried) - 1, 0)))
        for why in wrong:
            print("#   " + why[:700])
    # A sample may be of kinds that this command does not meet.
    if not KINDS:
        tell(fired_in_all > fired_before, "%s: faults fired" % text)


# ---- registers ----

def events(home):
    """All own events as the program lists them; their numbers must be 1 to n."""
    listed = json.loads(must(sijil(home, "list", "--all", "--json")).out)
    if [event["number"] for event in listed] != list(range(1, len(listed) + 1)):
        raise Wrong("numbers have gaps: %s" % [event["number"] for event in listed])
    return listed


class Tally:
    """Figures that were tried and acknowledged in one register that lives through all faults."""

    def __init__(self, home):
        self.home, self.next = home, 1000
        self.kept = self.figures()

    def figures(self):
        """Number 1 is the recovery code; the first report is the one that is amended: it shows what it became."""
        return [event["individuals"] for event in events(self.home)[2:]]

    def count(self):
        return len(self.kept) + 1

    def fresh(self, count=1):
        self.next += count
        return [str(number) for number in range(self.next - count, self.next)]

    def judge(self, result, tried, acknowledged):
        found = self.figures()
        if found == self.kept + tried:
            self.kept = found
            if not acknowledged and not result.killed and "it stands in the register" not in result.err:
                raise Wrong("it was saved though it said that it failed: %s" % result)
            return
        if found != self.kept:
            raise Wrong("the register holds %s instead of %s and perhaps %s: %s" % (found[-5:], self.kept[-5:], tried, result))
        if acknowledged:
            raise Wrong("what was acknowledged is lost: %s" % result)


def judge_failure(result):
    if not result.killed and result.code != 0:
        try:
            sentence(result)
        except Wrong as why:
            raise Wrong("%s: %s" % (why, result))


def check_whole(tally):
    """Headquarters takes the whole chain and finds it good."""
    out = tally.home + ".all.bundle"
    must(sijil(tally.home, "bundle", "export", "--all", "-o", out))
    must(hq("bundle", "import", out))
    os.unlink(out)
    verdict = verdict_of(W + "/hq", "--device", "Team " + os.path.basename(tally.home))
    good = verdict["good"] if "good" in verdict else -1
    right = good == tally.count() and verdict["devices_with_gaps"] == 0
    tell(right, "headquarters finds the whole chain good: %d of %d events" % (good, tally.count()))


def sweep_tally(text, arguments, count=1):
    """One register lives through all faults of a command that makes `count` events with figures of their own."""
    home = W + "/nasib"
    unlock("sijil", home)
    tally = Tally(home)

    def once(fault, at):
        tried = tally.fresh(count)
        result = sijil(home, *arguments(tried), fault=fault, at=at)
        tally.judge(result, tried, result.out.startswith("saved "))
        judge_failure(result)
        if result.fired and result.code not in (0, -signal.SIGKILL):
            tried = tally.fresh(count)
            tally.judge(must(sijil(home, *arguments(tried))), tried, True)
        return result.fired

    sweep(text, KILLS + ERRORS, once)
    check_whole(tally)


def csv_of(tried):
    with open(W + "/tried.csv", "w") as file:
        file.write("kind,place,observed_on,individuals\n" + "".join("stock,C5996,2018-06-22,%s\n" % number for number in tried))
    return ["add", "--from", W + "/tried.csv"]


def sweep_import():
    """Another's bundle into a copy of a register."""
    unlock("sijil", W + "/tiba")
    bundle, home = W + "/nasib.bundle", W + "/cut"
    unlock("sijil", W + "/nasib")
    must(sijil(W + "/nasib", "bundle", "export", "--all", "-o", bundle))

    def once(fault, at):
        copy(W + "/tiba", home)
        result = sijil(home, "bundle", "import", bundle, fault=fault, at=at)
        again = must(sijil(home, "bundle", "import", bundle))
        if result.code == 0 and not again.out.startswith("0 new"):
            raise Wrong("what was acknowledged is lost: %s, then %s" % (result, again))
        if not must(sijil(home, "bundle", "import", bundle)).out.startswith("0 new"):
            raise Wrong("what was imported again is lost")
        judge_failure(result)
        return result.fired

    sweep("bundle import", KILLS + ERRORS, once)


def sweep_sync():
    """The relay at URL is well; the device's disk is not."""
    home = W + "/nasib"
    unlock("sijil", home)
    tally = Tally(home)

    def once(fault, at):
        tried = tally.fresh()
        tally.judge(must(sijil(home, "add", "kind=stock", "place=C5996", "observed_on=2018-06-22", "individuals=" + tried[0])), tried, True)
        result = sijil(home, "sync", "--relay", os.environ["URL"], fault=fault, at=at)
        tally.judge(result, [], True)
        status = json.loads(must(sijil(home, "status", "--json")).out)
        if result.code == 0 and status["relay"] != tally.count():
            raise Wrong("it said that it was done: %s, %s" % (status, result))
        must(sijil(home, "sync", "--relay", os.environ["URL"]))
        status = json.loads(must(sijil(home, "status", "--json")).out)
        if (status["saved"], status["relay"]) != (tally.count(), tally.count()):
            raise Wrong("the next sync left %s" % status)
        judge_failure(result)
        return result.fired

    sweep("sync", KILLS + ERRORS, once)
    check_whole(tally)


def sweep_relay():
    """The device is well and syncs; the disk of the relay is not. A receipt is a promise."""
    home = W + "/nasib"
    unlock("sijil", home)
    tally = Tally(home)

    def status():
        return json.loads(must(sijil(home, "status", "--json")).out)

    def once(fault, at):
        tried = tally.fresh()
        tally.judge(must(sijil(home, "add", "kind=stock", "place=C5996", "observed_on=2018-06-22", "individuals=" + tried[0])), tried, True)
        relay = Relay(fault, at)
        sent = sijil(home, "sync", "--relay", relay.url) if relay.url else None
        ended = relay.end()
        if ended.code not in (0, -signal.SIGKILL):
            sentence(ended)
        if sent is not None and sent.code not in (0, 1, 3):
            raise Wrong("the device took it for something else: %s; the relay: %s" % (sent, ended))
        if sent is not None and sent.code == 0 and status()["relay"] != tally.count():
            raise Wrong("the device believes it all sent: %s" % sent)
        well = Relay()
        again = sijil(home, "sync", "--relay", well.url)
        stood = well.end()
        must(again)
        must(stood)
        if status()["relay"] != tally.count():
            raise Wrong("the next sync left %s" % status())
        return ended.fired

    sweep("the relay serves", KILLS + ERRORS, once)
    well = Relay()
    must(hq("pull", "--relay", well.url))
    must(well.end())
    verdict = verdict_of(W + "/hq")
    tell(verdict["good"] == tally.count() and verdict["devices_with_gaps"] == 0,
         "every report with a receipt is with the relay: %d of %d" % (verdict["good"], tally.count()))


def sweep_backup():
    base, home, out = W + "/cut", W + "/cut/home", W + "/cut/backup"
    unlock("sijil", W + "/nasib")
    listed = must(sijil(W + "/nasib", "list", "--json")).out

    def restored():
        copy(W + "/nasib", home)
        shutil.rmtree(W + "/back", ignore_errors=True)
        if home in keyring:
            keyring.add(W + "/back")
        must(sijil(W + "/back", "restore", out))
        if must(sijil(W + "/back", "list", "--json")).out != listed:
            raise Wrong("the backup does not hold what the register does")

    def once(fault, at):
        shutil.rmtree(base, ignore_errors=True)
        os.mkdir(base)
        copy(W + "/nasib", home)
        result = sijil(home, "backup", "-o", out, under=base, fault=fault, at=at)
        if os.path.exists(out):
            if result.code not in (0, -signal.SIGKILL):
                raise Wrong("it failed and left a backup: %s" % result)
            restored()
            os.unlink(out)
        elif result.code == 0:
            raise Wrong("it said that there is a backup")
        must(sijil(home, "backup", "-o", out))
        restored()
        if not set(os.listdir(home)) <= {".lock", "register.db", "register.db-journal", "register.db.other", "register.key"}:
            raise Wrong("copies stay: %s" % os.listdir(home))
        judge_failure(result)
        return result.fired

    sweep("backup", KILLS + ERRORS, once)


def sweep_making(text, program, arguments, check):
    """A register is made, or is not, and then the same command makes it."""
    home = W + "/made"

    def once(fault, at):
        shutil.rmtree(home, ignore_errors=True)
        result = run(program, home, *arguments, fault=fault, at=at)
        there = run(program, home, *check)
        if there.code != 0:
            if result.code == 0 or "there is no" not in there.err:
                raise Wrong("it left a broken register: %s, then %s" % (result, there))
            must(run(program, home, *arguments))
            must(run(program, home, *check))
        elif result.code not in (0, -signal.SIGKILL):
            raise Wrong("it failed and left a register: %s" % result)
        judge_failure(result)
        return result.fired

    sweep(text, KILLS + ERRORS, once)


def sweep_init():
    sweep_making("init", "sijil", ["init", "--invite", W + "/made.invite", "--unlock-cost", "minimum"], ["status"])


def sweep_restore():
    unlock("sijil", W + "/nasib")
    if not os.path.exists(W + "/nasib.backup"):
        must(sijil(W + "/nasib", "backup", "-o", W + "/nasib.backup"))
    if W + "/nasib" in keyring:
        keyring.add(W + "/made")
    sweep_making("restore", "sijil", ["restore", W + "/nasib.backup"], ["status"])


def sweep_hq_init():
    sweep_making("headquarters' init", "sijil-hq", ["init", "--unlock-cost", "minimum", "Other"], ["project", "show"])


def sweep_relay_init():
    card = W + "/made.card"

    def fresh():
        if os.path.exists(card):
            os.unlink(card)
    home = W + "/made"

    def once(fault, at):
        shutil.rmtree(home, ignore_errors=True)
        fresh()
        line = ["init", "--address", "https://relay.invalid:8443", "-o", card]
        result = run("sijild", home, *line, fault=fault, at=at)
        fresh()
        if result.code != 0:
            shutil.rmtree(home, ignore_errors=True) if result.killed else None
            must(run("sijild", home, *line))
        judge_failure(result)
        return result.fired

    sweep("the relay's init", KILLS + ERRORS, once)


def sweep_taking(text, arguments):
    """Headquarters takes objects into a copy of its register."""
    home = W + "/cut"

    copy(W + "/hq", home)
    must(run("sijil-hq", home, *arguments))
    whole = verdict_of(home)

    def once(fault, at):
        copy(W + "/hq", home)
        result = run("sijil-hq", home, *arguments, fault=fault, at=at)
        found = verdict_of(home)
        if result.code == 0 and found != whole:
            raise Wrong("what was acknowledged is lost: %s of %s, %s" % (found, whole, result))
        if found["good"] > whole["good"] or found["forged"] or found["set_aside"]:
            raise Wrong("it holds %s" % found)
        must(run("sijil-hq", home, *arguments))
        found = verdict_of(home)
        if found != whole:
            raise Wrong("taken again there is %s of %s" % (found, whole))
        judge_failure(result)
        return result.fired

    sweep(text, KILLS + ERRORS, once)


def sweep_pull():
    sweep_taking("pull", ["pull", "--relay", os.environ["URL"]])


def sweep_hq_import():
    unlock("sijil", W + "/nasib")
    bundle = W + "/for-hq.bundle"
    must(sijil(W + "/nasib", "bundle", "export", "--all", "-o", bundle))
    sweep_taking("headquarters' bundle import", ["bundle", "import", bundle])


# ---- doctor ----

SLOT = 4140


def content(path):
    with open(path, "rb") as file:
        return file.read()


def spoil(path, block):
    data = bytearray(content(path))
    data[block * SLOT + 1000] ^= 1
    with open(path, "wb") as file:
        file.write(data)


def diagnose(home, code=None, program="sijil"):
    found = run(program, home, "doctor", "--json")
    if found.code not in ((0, 4, 6) if code is None else code):
        raise Wrong("doctor cannot look at it: %s" % found)
    return json.loads(found.out)


def make_damaged(to, with_journal):
    """A copy of nasib's register with a damaged block that holds sealed reports; perhaps cut short in a command."""
    copy(W + "/nasib", to)
    unlock("sijil", to)
    with open(W + "/many.csv", "w") as file:
        file.write("kind,place,observed_on,individuals\n" + "".join("stock,C5996,2018-06-22,%d\n" % n for n in range(1, 41)))
    must(sijil(to, "add", "--from", W + "/many.csv"))
    whole = to + ".whole"
    if with_journal:
        cut = sijil(to, "add", "--from", W + "/many.csv", fault=("kill", "t"), at=1)
        if not cut.killed or not os.path.getsize(to + "/register.db-journal"):
            raise Wrong("no command was cut short: %s" % cut)
    copy(to, whole)
    blocks = os.path.getsize(to + "/register.db") // SLOT
    for block in random.sample(range(2, blocks), blocks - 2):
        copy(whole, to)
        spoil(to + "/register.db", block)
        found = diagnose(to)
        if found["objects_lost"] > 2 and found["signing_key"] and found["descriptor"]:
            return found
    raise Wrong("no block holds reports")


def sweep_doctor(with_journal):
    """Repair: the old register or the new one is there, whole; of the old one nothing is lost; no scraps stay."""
    home, damaged = W + "/cut", W + "/damaged"
    make_damaged(damaged, with_journal)
    files = ["register.db"] + ["register.db-journal"] * with_journal
    old = [content(damaged + "/" + name) for name in files]
    copy(damaged, home)
    done = sijil(home, "doctor", "--repair")
    if done.code not in (0, 6):
        raise Wrong("without a fault: %s" % done)
    expected = must(sijil(home, "list", "--all", "--json")).out.count('"number"')
    kept = set(os.listdir(home))

    def is_old():
        return all(os.path.exists(home + "/" + name) and content(home + "/" + name) == old[i] for i, name in enumerate(files))

    def judge(result):
        found = diagnose(home)
        if found["damaged"] and not is_old():
            raise Wrong("neither the old register nor the new one is there: %s" % result)
        if result.code in (0, 6) and found["damaged"]:
            raise Wrong("it said that it was repaired: %s" % result)
        if found["damaged"]:
            again = sijil(home, "doctor", "--repair")
            if again.code not in (0, 6):
                raise Wrong("the next repair does not work: %s, after %s" % (again, result))
        if diagnose(home)["damaged"]:
            raise Wrong("it is still damaged")
        listed = must(sijil(home, "list", "--all", "--json")).out.count('"number"')
        if listed != expected:
            raise Wrong("%d events instead of %d, after %s" % (listed, expected, result))
        aside = home + "/register.db.damaged-1"
        if [content(aside + name[len("register.db"):]) for name in files] != old:
            raise Wrong("the damaged register was not kept as it was: %s" % result)
        if set(os.listdir(home)) != kept:
            raise Wrong("scraps stay: %s, after %s" % (sorted(os.listdir(home)), result))

    def once(fault, at):
        copy(damaged, home)
        result = sijil(home, "doctor", "--repair", fault=fault, at=at)
        judge(result)
        result.err = "".join(line for line in result.err.splitlines(True) if not line.startswith("note: "))
        if not result.killed and result.code not in (0, 6):
            judge_failure(result)
        return result.fired

    sweep("doctor --repair%s" % (" of a register cut short" if with_journal else ""), KILLS + ERRORS, once)
    must(run("sijil", home, "wipe", "--yes"))
    tell(os.listdir(home) == [], "and a wipe leaves nothing of it")


SWEEPS = {
    "doctor": lambda: sweep_doctor(False), "doctor-cut": lambda: sweep_doctor(True),
    "add": lambda: sweep_tally("add", lambda tried: ["add", "kind=stock", "place=C5996", "observed_on=2018-06-22", "individuals=" + tried[0]]),
    "add-from": lambda: sweep_tally("add --from", csv_of, 3),
    "amend": lambda: sweep_tally("amend", lambda tried: ["amend", "2", "individuals=" + tried[0]]),
    "import": sweep_import, "sync": sweep_sync, "backup": sweep_backup, "init": sweep_init, "restore": sweep_restore,
    "hq-init": sweep_hq_init, "hq-import": sweep_hq_import, "pull": sweep_pull, "relay-init": sweep_relay_init, "relay": sweep_relay,
}
unlock("sijil-hq", W + "/hq")
for what in WHAT.split(","):
    SWEEPS[what]()
with open(W + "/fired", "a") as tally:
    tally.write("%d\n" % fired_in_all)
sys.exit(1 if programs.failures else 0)
