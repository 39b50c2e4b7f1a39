/* One typed value of the configuration: how it is read, what it accepts, where it is stored.
 *
 * A setting is a row of a table; knows no file and no section's meaning.
 */
#ifndef SETTING_H
#define SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/decimal.h>

enum setting_type {
	SETTING_TEXT,   /* char *, NULL when empty; owned by the struct it is stored in */
	SETTING_YES_NO, /* bool */
	SETTING_NUMBER, /* unsigned: min … max, then times scale (0: 1) */
	SETTING_WORD,   /* unsigned: the word's place in the list */
	SETTING_LINE,   /* struct bus_line */
	SETTING_SCALE,  /* struct han_decimal above 0, without zeros at its end */
};

/* What a text has to be. */
struct setting_form {
	const char *accepted;           /* in messages */
	bool (*fits)(const char *text); /* an empty one always does */
	/* What may have been meant by one that does not fit, or NULL; NULL: nobody knows */
	const char *(*nearest)(const char *text);
	bool secret; /* the secret itself may stand there by mistake: messages do not repeat it */
};

struct setting {
	const char *section;
	const char *key;
	const char *preset; /* the default, as it would be written; "" for a text that is not set */
	const struct setting_form *form; /* SETTING_TEXT */
	/* Ended by NULL. SETTING_WORD: all; SETTING_NUMBER and SETTING_SCALE: the one that stands for 0, if any */
	const char *const *words;
	const char *unit;  /* may be written behind the number; NULL: none */
	unsigned min, max; /* SETTING_NUMBER */
	uint16_t scale;
	uint16_t offset; /* of the field in its struct */
	enum setting_type type : 8;
};

#define SETTING_ERROR 256

/* Reads text ("" means the default) and stores it at base + offset; a text stored before is freed. On
 * failure nothing is stored and error says what is wrong and what is accepted. */
bool setting_read(const struct setting *setting, const char *text, void *base,
                  char error[SETTING_ERROR]);

/* Frees what setting_read() stored. */
void setting_free(const struct setting *setting, void *base);

/* Whether the same is stored in both. */
bool setting_same(const struct setting *setting, const void *base_a, const void *base_b);

/* The candidate most like word, or that begins with it; NULL when none is. */
const char *setting_nearest(const char *word, const char *const *candidates, size_t count);

#endif
