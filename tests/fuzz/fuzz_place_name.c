/* How names sound: two texts, a line each. What is heard stays within its bounds and is as like itself as can be, either way round. */
#include <stdlib.h>
#include <string.h>

#include "schema/place_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool hear(struct place_name *name, struct span text)
{
	static const char sounds[] = "abdfghijklmnqrstuwxyzSTDZe0123456789 ";
	struct span parts[PLACE_NAME_PARTS_MAX];
	const size_t len = place_name_parts(parts, text);
	for (size_t i = 0; i < len; i++)
		if (parts[i].data + parts[i].len > text.data + text.len)
			abort();
	if (len < 1 || len > PLACE_NAME_PARTS_MAX)
		abort();
	if (place_name_hear(name, text, NULL) != STATUS_OK)
		return false;
	const size_t heard = strlen(name->sound);
	if (heard == 0 || heard >= PLACE_NAME_SOUND_BYTES || strspn(name->sound, sounds) != heard)
		abort();
	return true;
}

static void index_it(const char *sound)
{
	char grams[PLACE_NAME_GRAMS_BYTES], trigrams[PLACE_NAME_GRAMS_MAX][4];
	place_name_grams(grams, sound);
	const size_t len = place_name_trigrams(trigrams, sound);
	for (size_t i = 0; i < len; i++)
		if (strlen(trigrams[i]) != 3 || strstr(grams, trigrams[i]) == NULL)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct place_name a, b;
	const uint8_t *const end = size == 0 ? NULL : memchr(data, '\n', size);
	const size_t first = end == NULL ? size : (size_t)(end - data);
	const struct span rest = end == NULL ? (struct span){data, 0} : (struct span){end + 1, size - first - 1};
	const bool heard = hear(&a, (struct span){data, first});
	if (!hear(&b, rest) || !heard)
		return 0;
	index_it(a.sound);
	index_it(b.sound);
	const unsigned alike = place_name_likeness(a.sound, b.sound);
	if (alike > PLACE_NAME_ALIKE || alike != place_name_likeness(b.sound, a.sound) || place_name_likeness(a.sound, a.sound) != PLACE_NAME_ALIKE)
		abort();
	return 0;
}
