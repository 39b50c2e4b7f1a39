/* The lists of meter makers: what cannot be read off a message, as rows of tables.
 *
 * Positional lists say which element is which measurement; scales say in what steps a meter counts that
 * sends neither scaler nor unit; others name what describes itself. A row is chosen by shape and content:
 * number and types of elements, and texts in which a meter names its list, its type or itself.
 */
#ifndef LISTS_H
#define LISTS_H

#include "shape.h"

/* What an element must be on the wire to be taken for its measurement. */
enum element_type {
	ELEMENT_NUMBER, /* any integer */
	ELEMENT_U16,
	ELEMENT_U32,
	ELEMENT_STATE,  /* enum, boolean, or null */
	ELEMENT_OCTETS, /* octets of any kind */
	ELEMENT_CLOCK,  /* 12 octets */
};

struct element {
	uint8_t a, b, c, d, e; /* the code; all 0: of unknown meaning */
	uint8_t type;          /* enum element_type */
	int8_t exp10;          /* the list's scaler: of the COSEM unit (W, Wh, A, V) */
};

/* Powers of ten from a meter's number to W, A, V, Wh and 1. */
struct scales {
	int8_t power, current, voltage, energy, factor;
	int8_t fine_voltage; /* instead of voltage where the message's largest is above FINE_VOLTAGE */
};

#define FINE_VOLTAGE 1000 /* no grid has so many volts: it counts parts of them */

/* Texts are in the row, and so are tables small: what is pointed to has to be relocated in each process. */
struct han_list {
	char name[20];
	char maker[12];
	char about[56];
	/* Positional: the elements; and how the first text must begin, "": in any way. */
	const struct element *elements;
	uint8_t count;
	char begins[5];
	uint8_t widest; /* the list of this meter that holds all it sends, by its place; 0: none */
	/* Self-describing: texts that show it ("": any). '?' stands for any character. */
	char version[10];            /* of obis_version */
	char device[10];             /* of the logical device name, or else of the system title */
	char type[13];               /* of meter_type */
	const struct scales *scales; /* where the message says none; NULL: as sent */
};

/* The list that a message is of. wanted: the only one that may be chosen, NULL: any. title: the system title
 * of a ciphered message, NULL: none. NULL when there is none. */
const struct han_list *lists_choose(const struct shape *shape, const uint8_t *title,
                                    const struct han_list *wanted);

/* The power of ten from a number of that list, which has scales, to the published unit. Its size tells, too, of a
 * frequency and of voltages: of these the size of the largest one in the message, as a meter counts all of them
 * alike, also that of a line without current. */
int lists_scale(const struct han_list *list, enum han_unit unit, uint64_t magnitude);

/* Of P1 telegrams. */
const struct han_list *lists_telegram(void);

/* Whether a zero voltage between the second and third line is no measurement on this meter. */
bool lists_three_wire(const uint8_t *version, size_t version_len, const uint8_t *type,
                      size_t type_len);

/* Whether octets begin with pattern, in which '?' stands for any. */
bool lists_match(const char *pattern, const uint8_t *octets, size_t len);

#endif
