/* What somebody keeps on the broker as JSON. */
#ifndef JSON_H
#define JSON_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The caller's to cJSON_Delete(); NULL when it is none, or memory ends. */
static inline cJSON *json_parse(const void *payload, size_t len)
{
	char *text = strndup(payload, len); /* cJSON 1.7.15 reads on behind a length */
	cJSON *root = text ? cJSON_Parse(text) : NULL;

	free(text);
	return root;
}

#endif
