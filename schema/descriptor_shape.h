/* The relay's entry in a descriptor, which its public card holds too. For
 * schema/descriptor*.c alone.
 */
#ifndef SIJIL_SCHEMA_DESCRIPTOR_SHAPE_H
#define SIJIL_SCHEMA_DESCRIPTOR_SHAPE_H

#include "schema/payload.h"

/* A record is a struct relay_card. */
extern const struct payload_shape descriptor_relay_shape;

#endif
