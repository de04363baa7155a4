# One test file's output -> "FILE failed NAME COUNT" for each check that failed,
# and "FILE ran CHECKS ERRORS". What is no check has a name too:
#   unfinished:timeout, unfinished:signal-N, unfinished:stopped
#   after:files-left-open, after:memory-left, after:status-N
#   awk -v file=NAME -v rc=STATUS -f read-log.awk LOG
BEGIN { gsub(/[+]/, "/", file) }
/^[0-9]+ errors out of [0-9]+ tests/ { finished = 1; errors = $1; checks = $5 }
/^!Failures on these tests:/ { for (i = 5; i <= NF; i++) listed[$i]++ }
/^! .+ expected: \[/ { sub(/ expected: \[.*/, ""); sub(/^! /, ""); gsub(/ /, "_"); seen[$0]++; next }
/^Error: / && last ~ /\.\.\.$/ { sub(/\.\.\.$/, "", last); gsub(/ /, "_", last); seen[last]++ }
/ files were left open$/ { left["after:files-left-open"]++ }
/^Unfreed memory: / { left["after:memory-left"]++ }
/\.\.\. Ok$/ { ok++ }
{ last = $0 }

function failed(name, count) { print file, "failed", name, count }

END {
	if (!finished) {
		errors = 0
		for (name in seen) errors += seen[name]
		checks = ok + errors
		for (name in seen) failed(name, seen[name])
		if (rc == 124 || rc == 137) failed("unfinished:timeout", 1)
		else if (rc > 128) failed("unfinished:signal-" rc - 128, 1)
		else failed("unfinished:stopped", 1)
	} else {
		for (name in listed) failed(name, listed[name])
		for (name in left) failed(name, 1)
		if (rc > 1 || (rc == 1 && !errors && !length(left))) failed("after:status-" rc, 1)
	}
	print file, "ran", checks + 0, errors + 0
}
