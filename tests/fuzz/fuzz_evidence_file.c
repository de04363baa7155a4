/* An evidence file from anywhere: taken apart within its bounds, and never taken for
 * proof of a project that it does not show.
 */
#include <stdlib.h>
#include <string.h>

#include "schema/evidence_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct evidence_file file;
	struct evidence_file_result result;
	const struct span in = {data, size};
	if (secret_process_init(NULL) != STATUS_OK)
		abort();
	if (evidence_file_parse(&file, in, NULL) != STATUS_OK)
		return 0;
	if (file.authority_len == 0 || file.authority_len > EVIDENCE_FILE_AUTHORITY || file.later_len > EVIDENCE_FILE_LATER ||
	    file.statements_len > EVIDENCE_FILE_STATEMENTS)
		abort();
	const struct key_id own = key_id_of_project(&file.root);
	struct key_id other = own;
	other.bytes[0] ^= 1;
	if (evidence_file_check(&result, in, &other, NULL) == STATUS_OK)
		abort();
	if (evidence_file_check(&result, in, &own, NULL) == STATUS_OK)
		evidence_file_result_wipe(&result);
	return 0;
}
