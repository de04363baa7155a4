"""Alters the files of the programs a bit at a time and judges what the programs make of them.

    tamper.py FOLDER TRIES [SEED]

FOLDER holds what project.sh made: hq (which has pulled nothing yet), nasib (synced to the relay, 3 reports), tiba (none);
FINGERPRINT is the project's. For each file TRIES positions are drawn. A program that says that all is well must say exactly
what it says of the unaltered file; else it names the trouble in a sentence, with an exit code that fits; it never crashes.
"""
import json, os, random, re, shutil, signal, sys

sys.dont_write_bytecode = True
import programs
from programs import W, Relay, Wrong, copy, hq, must, run, sijil, tell, unlock

TRIES = int(sys.argv[2])
random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
CUT = W + "/cut"


def said_well(result, codes):
    """It ended by itself, with one of these exit codes and, but for 0, a sentence."""
    if result.code not in codes:
        raise Wrong("exit code: %s" % result)
    first = [line for line in result.err.splitlines() if line.startswith("sijil")]
    if result.code != 0 and (not first or not re.match(r"^sijil(d|-hq)?: .*\w+ \w+", first[0])):
        raise Wrong("no sentence: %s" % result)
    if re.search(r"assert|errno|\bbug\b", result.err, re.I):
        raise Wrong("no words for a field worker: %s" % result)
    return result.code != 0


def positions(size, wanted):
    """The ends, and places drawn at random; a few are all drawn."""
    ends = {0, size - 1} if wanted > 2 else set()
    return sorted(ends | {random.randrange(size) for _ in range(wanted)})


def flipped(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ (1 << random.randrange(8))]))


def each_flip(text, path_of, once, tries=None):
    """once(at) looks at the flipped file; true if the trouble was named."""
    wrong, named, tried = [], 0, 0
    size = os.path.getsize(path_of(False))
    for at in positions(size, tries or TRIES):
        path = path_of(True)
        flipped(path, at)
        tried += 1
        try:
            named += bool(once())
        except Wrong as why:
            wrong.append("byte %d: %s" % (at, why))
    tell(not wrong, "%s: %d flipped bits, %d named" % (text, tried, named))
    for why in wrong[:5]:
        print("#   " + why[:700])


def file_of(original, to):
    def path_of(is_fresh):
        if is_fresh:
            shutil.copyfile(original, to)
        return to if is_fresh else original
    return path_of


def home_file(home, name):
    def path_of(is_fresh):
        if is_fresh:
            copy(home, CUT)
        return (CUT if is_fresh else home) + "/" + name
    return path_of


def listing(program, home, codes):
    """Lists a copy of the home; what it says is what the home says, or an error."""
    whole = must(run(program, home, "list", "--json")).out

    def once():
        result = run(program, CUT, "list", "--json")
        if said_well(result, codes):
            return True
        if result.out != whole:
            raise Wrong("other data: %s" % result)
        return False
    return once


def registers():
    for program, home, who in (("sijil", W + "/nasib", "a device"), ("sijil-hq", W + "/hq", "headquarters")):
        each_flip(who + "'s key file", home_file(home, "register.key"), listing(program, home, (0, 1, 4, 5)), TRIES // 2 + 1)
        unlock(program, home)
        each_flip(who + "'s database", home_file(home, "register.db"), listing(program, home, (0, 4)))


def backups():
    whole, backup, listed = W + "/whole.backup", W + "/cut.backup", must(sijil(W + "/nasib", "list", "--json")).out
    must(sijil(W + "/nasib", "backup", "-o", whole))

    def once():
        shutil.rmtree(CUT, ignore_errors=True)
        if W + "/nasib" in programs.keyring:
            programs.keyring.add(CUT)
        if said_well(sijil(CUT, "restore", backup), (0, 1, 4, 5)):
            if os.path.exists(CUT + "/register.db"):
                raise Wrong("it leaves a register of a damaged backup")
            return True
        # A block that restoring did not read is found when it is.
        result = sijil(CUT, "list", "--json")
        if said_well(result, (0, 4)):
            return True
        if result.out != listed:
            raise Wrong("other data")
        return False
    each_flip("a backup", file_of(whole, backup), once)


def bundles():
    whole, bundle = W + "/whole.bundle", W + "/cut.bundle"
    must(sijil(W + "/nasib", "bundle", "export", "--all", "-o", whole))
    unlock("sijil", W + "/tiba")
    copy(W + "/tiba", CUT)
    must(sijil(CUT, "bundle", "import", whole))
    carried = json.loads(must(sijil(CUT, "status", "--json")).out)["carried"]

    def once():
        copy(W + "/tiba", CUT)
        is_named = said_well(sijil(CUT, "bundle", "import", bundle), (0, 1, 4))
        again = sijil(CUT, "bundle", "import", whole)
        found = json.loads(must(sijil(CUT, "status", "--json")).out)["carried"]
        if again.code != 0 or found != carried:
            raise Wrong("after the whole one it carries %d of %d: %s" % (found, carried, again))
        return is_named
    each_flip("a bundle", file_of(whole, bundle), once)


def handed_over():
    """Invite, card and evidence: read without a register."""
    evidence = W + "/whole.evidence"
    must(hq("bundle", "import", W + "/whole.bundle"))
    must(hq("evidence", "Team nasib/2", "-o", evidence))
    proof = must(run("sijil", CUT, "verify", evidence, "--project", os.environ["FINGERPRINT"])).out

    def verify():
        result = run("sijil", CUT, "verify", W + "/cut.evidence", "--project", os.environ["FINGERPRINT"])
        if said_well(result, (0, 1, 4)):
            return True
        raise Wrong("it is taken: %s" % (result.out == proof))
    each_flip("evidence", file_of(evidence, W + "/cut.evidence"), verify)

    shown = re.compile(r"this device is|project ")

    def init():
        shutil.rmtree(CUT, ignore_errors=True)
        programs.keyring.discard(CUT)
        result = sijil(CUT, "init", "--invite", W + "/cut.invite", "--unlock-cost", "minimum")
        if said_well(result, (0, 1, 4)):
            return True
        if os.environ["FINGERPRINT"] not in result.out:
            raise Wrong("it joined another project: %s" % result)
        return False
    each_flip("an invite", file_of(W + "/made.invite", W + "/cut.invite"), init)

    listed = must(hq("relay", "list", "--json")).out

    def card():
        copy(W + "/hq", CUT)
        result = run("sijil-hq", CUT, "relay", "add", W + "/cut.card")
        is_named = said_well(result, (0, 1, 4))
        if must(run("sijil-hq", CUT, "relay", "list", "--json")).out != listed:
            raise Wrong("another relay was added: %s" % result)
        return is_named
    each_flip("a relay's card", file_of(W + "/relay.card", W + "/cut.card"), card)


def relays():
    """A relay is plain: what it gives is checked by those who get it."""
    store = W + "/relay.kept"
    shutil.copytree(W + "/relay", store)
    names = [os.path.relpath(os.path.join(folder, name), store) for folder, _, files in os.walk(store) for name in files]
    copy(W + "/hq", W + "/hq.kept")

    def once():
        relay = Relay()
        sent = got = None
        if relay.url:
            copy(W + "/nasib", W + "/device.cut")
            must(sijil(W + "/device.cut", "add", "kind=stock", "place=C5996", "observed_on=2018-06-22", "individuals=5"))
            sent = sijil(W + "/device.cut", "sync", "--relay", relay.url)
            # Nobody can be reached at a relay that the device could not reach.
            if sent.code != 3:
                copy(W + "/hq.kept", CUT)
                got = run("sijil-hq", CUT, "pull", "--relay", relay.url)
        ended = relay.end()
        is_named = said_well(ended, (0, 1, 4))
        for result in (sent, got):
            is_named = result is not None and said_well(result, (0, 1, 3, 4)) or is_named
        if got is not None:
            verdict = json.loads(run("sijil-hq", CUT, "verify", "--json").out)
            if verdict["good"] > 4 or verdict["forged"]:
                raise Wrong("headquarters holds %s" % verdict)
        return is_named

    for name in names:
        def path_of(is_fresh, name=name):
            if is_fresh:
                shutil.rmtree(W + "/relay")
                shutil.copytree(store, W + "/relay")
            return (W + "/relay/" if is_fresh else store + "/") + name
        each_flip("the relay's " + re.sub("[0-9a-f]{32}", "log", name), path_of, once, max(1, TRIES // 8))
    shutil.rmtree(W + "/relay")
    shutil.copytree(store, W + "/relay")


registers()
backups()
bundles()
handed_over()
relays()
sys.exit(1 if programs.failures else 0)
