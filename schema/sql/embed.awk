# Writes one `static const char sql_<name>[]` a file, for the SQL that is compiled
# into the programs. The name is the file's, its folder and ".sql" removed.
BEGIN {
	print "/* Generated from schema/sql/; edit those files. */"
	print "#ifndef SIJIL_SCHEMA_SQL_H"
	print "#define SIJIL_SCHEMA_SQL_H"
	print "#pragma GCC diagnostic push"
	print "#pragma GCC diagnostic ignored \"-Woverlength-strings\""
}
FNR == 1 {
	if (open)
		print ";"
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.sql$/, "", name)
	gsub(/[^A-Za-z0-9]/, "_", name)
	print "static const char sql_" name "[] ="
	open = 1
}
{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	gsub(/\?/, "\\?")
	print "\t\"" $0 "\\n\""
}
END {
	if (open)
		print ";"
	print "#pragma GCC diagnostic pop"
	print "#endif"
}
