#include "crypto/keyfile.h"

#include "crypto/keyfile_inside.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool keyfile_name_read(uint8_t name[KEYFILE_NAME_BYTES], const char *path)
{
	uint8_t found[KEYFILE_NAME_BYTES];
	const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (file < 0)
		return false;
	const bool is_read = pread(file, found, sizeof found, offsetof(struct image, name)) == (ssize_t)sizeof found;
	(void)close(file);
	if (is_read)
		memcpy(name, found, sizeof found);
	return is_read;
}
