/* Whatever cbor_read_begin accepts has one encoding, and a stream measures it alike. */
#include <stdint.h>
#include <stdlib.h>

#include "crypto/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static void copy_item(struct cbor_writer *writer, struct cbor_reader *reader)
{
	switch (cbor_peek(reader)) {
	case CBOR_UINT: cbor_write_uint(writer, cbor_read_uint(reader)); break;
	case CBOR_NEGATIVE: cbor_write_encoded(writer, cbor_read_encoded(reader)); break;
	case CBOR_BYTES: cbor_write_bytes(writer, cbor_read_bytes(reader)); break;
	case CBOR_TEXT: cbor_write_text(writer, cbor_read_text(reader)); break;
	case CBOR_ARRAY: cbor_write_array(writer, cbor_read_array(reader)); break;
	case CBOR_MAP: cbor_write_map(writer, cbor_read_map(reader).left); break;
	case CBOR_TAG: cbor_write_tag(writer, cbor_read_tag(reader)); break;
	}
}

static void check_written_back(struct cbor_reader reader)
{
	struct bytes out = {0};
	struct cbor_writer writer;
	cbor_write_begin(&writer, &out);
	while (cbor_read_more(&reader))
		copy_item(&writer, &reader);
	demand(cbor_read_end(&reader, "it", NULL) == STATUS_OK);
	demand(cbor_write_end(&writer, NULL) == STATUS_OK);
	demand(span_equals(bytes_span(&out), reader.in));
	bytes_wipe(&out);
}

/* Reads of the wrong type must fail softly wherever they are tried. */
static void read_wrongly(struct cbor_reader reader)
{
	struct cbor_map map = cbor_read_map(&reader);
	uint64_t key = 0;
	while (cbor_map_next(&reader, &map, &key))
		(void)cbor_read_encoded(&reader);
	(void)cbor_read_int(&reader);
	(void)cbor_read_tag(&reader);
	demand(cbor_read_end(&reader, "it", NULL) == STATUS_BAD_INPUT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span in = {data, size};
	size_t len = 0;
	size_t need = 0;
	struct cbor_reader reader;
	const enum status measured = cbor_item_length(in, &len, &need, NULL);
	demand(measured != STATUS_OK || (len > 0 && len <= size));
	demand(measured != STATUS_NOT_FOUND || need > size);
	if (cbor_read_begin(&reader, in, NULL) == STATUS_OK) {
		demand(measured == STATUS_OK && len == size);
		check_written_back(reader);
	}
	read_wrongly(reader);
	return 0;
}
