/* Small lists of invented places, one a format, each with the quirks of the real ones; and a gazetteer to take them into. */
#ifndef SIJIL_TESTS_SCHEMA_PLACES_SAMPLES_H
#define SIJIL_TESTS_SCHEMA_PLACES_SAMPLES_H

#include "schema/places.h"

extern const char places_sample_cod_old[], places_sample_cod_new[], places_sample_cod_serial[], places_sample_populated[],
	places_sample_lost[], places_sample_pcodes[], places_sample_choices[], places_sample_geonames[], places_sample_opensyria[];

struct places_stage {
	char folder[64];
	char path[96];
	struct secret *key;
	struct places *places;
};

void places_stage_begin(struct places_stage *stage);
void places_stage_end(struct places_stage *stage);

/* Takes a list under a name; the outcome is in *import. */
enum status places_stage_take(struct places_stage *stage, const char *name, struct span file, struct places_import *import,
                              struct error *err);
/* The same of text that must be taken. */
void places_stage_demand(struct places_stage *stage, const char *name, const char *text);

#endif
