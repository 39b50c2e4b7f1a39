#include "hat.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

#define PATH_TEXT 256

/* What one EEPROM says, made printable. */
static bool read_product(const char *path, char product[HAT_TEXT])
{
	FILE *f = fopen(path, "re");
	size_t len;

	if (!f)
		return false;
	len = fread(product, 1, HAT_TEXT - 1, f);
	fclose(f);
	product[len] = '\0'; /* a string of the device tree brings its own, unless it is longer */
	for (char *c = product; *c; c++) {
		if (*c < 0x20 || *c > 0x7E) /* an EEPROM may hold anything */
			*c = '?';
	}
	return true;
}

static bool is_master(const char *product)
{
	return strncmp(product, HAT_MASTER, strlen(HAT_MASTER)) == 0;
}

/* Hats of the newer kind can be stacked: not all of them are in the node of that very name. */
bool hat_find(const char *root, char product[HAT_TEXT])
{
	char pattern[PATH_TEXT], text[HAT_TEXT];
	glob_t nodes = { 0 };

	product[0] = '\0';
	snprintf(pattern, sizeof(pattern), "%s/sys/firmware/devicetree/base/hat*/product", root);
	if (glob(pattern, 0, NULL, &nodes) == 0) {
		for (size_t i = 0; i < nodes.gl_pathc && !is_master(product); i++) {
			if (read_product(nodes.gl_pathv[i], text) &&
			    (product[0] == '\0' || is_master(text)))
				snprintf(product, HAT_TEXT, "%s", text);
		}
	}
	globfree(&nodes);
	return is_master(product);
}
