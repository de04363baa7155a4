/* The fields of a report as CBOR values, by type: the middle of body.c. Inside
 * schema/ only. What each type looks like stands in REPORT.md.
 */
#ifndef SIJIL_SCHEMA_REPORT_CODEC_H
#define SIJIL_SCHEMA_REPORT_CODEC_H

#include "crypto/cbor.h"
#include "schema/report.h"

/* The key of the map of reasons why fields are empty, behind all fields. */
#define REPORT_ABSENT_KEY 36

/* Whether the field stands on the wire: given, and not its usual code. */
bool report_is_written(const struct report *report, const struct report_field *field);
/* Writes the value, for a report that keeps the rules. */
void report_encode_field(struct cbor_writer *writer, const struct report *report, const struct report_field *field);
/* Reads the value into an empty field. What is malformed is a fault of the reader; what
 * the rules judge (report_rules.h) passes. */
void report_decode_field(struct cbor_reader *reader, struct report *report, const struct report_field *field);

/* The map of reasons, of the fields whose rows are in `rows` (bit i: row i). */
size_t report_absent_count(const struct report *report, uint64_t rows);
void report_encode_absent(struct cbor_writer *writer, const struct report *report, uint64_t rows);
/* Sets the reasons; *rows: the fields that have one. A field that is given and absent is a fault. */
void report_decode_absent(struct cbor_reader *reader, struct report *report, uint64_t *rows);

#endif
