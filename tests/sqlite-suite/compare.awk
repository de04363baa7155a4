# What happened against what is expected; see expected.list for its form.
#   awk -f compare.awk expected.list results
# A pattern NAME*REST=N stands for N checks; ~ before a reason: it may not happen.
function add(file, name, reason,    count, star) {
	count = 1
	if (match(name, /=[0-9]+$/) && index(name, "*")) {
		count = substr(name, RSTART + 1) + 0
		name = substr(name, 1, RSTART - 1)
	}
	entries[file]++
	entry_name[file, entries[file]] = name
	entry_count[file, entries[file]] = count
	entry_reason[file, entries[file]] = reason
}

# The number of the entry that stands for a failure, 0: none.
function entry_of(file, name,    i, pattern, star) {
	for (i = 1; i <= entries[file]; i++) {
		pattern = entry_name[file, i]
		star = index(pattern, "*")
		if (pattern == name)
			return i
		if (star && length(name) >= length(pattern) && substr(name, 1, star - 1) == substr(pattern, 1, star - 1) &&
		    substr(name, length(name) - length(pattern) + star + 1) == substr(pattern, star + 1))
			return i
	}
	return 0
}

FNR == NR && (/^#/ || NF == 0) { next }
FNR == NR { for (i = 3; i <= NF; i++) add($1, $i, $2); next }

$2 == "ran" { ran[$1] = 1; files++; checks += $3; errors += $4; next }
$2 == "failed" {
	differs[$1] = 1
	i = entry_of($1, $3)
	if (i && ++happened[$1, i] <= entry_count[$1, i]) {
		reason = entry_reason[$1, i]
		sub(/^~/, "", reason)
		by_reason[reason]++
		next
	}
	unexpected[$1] = 1
	bad++
	print "UNEXPECTED", $1, $3
}

END {
	for (file in ran)
		for (i = 1; i <= entries[file]; i++)
			if (happened[file, i] + 0 < entry_count[file, i] && entry_reason[file, i] !~ /^~/) {
				gone++
				print "GONE", file, entry_name[file, i] ": listed, but happened " happened[file, i] + 0 " of " entry_count[file, i] " times"
			}
	for (file in ran) {
		if (unexpected[file]) surprising++
		else if (differs[file]) known++
		else green++
	}
	for (reason in by_reason)
		printf "%6d differences: %s\n", by_reason[reason], reason | "sort -rn"
	close("sort -rn")
	printf "SQLITE: %d files run, %d green, %d with expected differences only, %d with others; %d checks, %d differ (%.2f %%)\n",
		files, green, known, surprising, checks, errors, checks ? 100 * errors / checks : 0
	printf "%d unexpected differences, %d listed ones that did not happen\n", bad, gone
	exit bad > 0 || files == 0
}
