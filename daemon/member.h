/* Members of a JSON object, where a text that is not known is left out. */
#ifndef MEMBER_H
#define MEMBER_H

#include <cjson/cJSON.h>

static inline void member_add_text(cJSON *object, const char *key, const char *text)
{
	if (text && text[0])
		cJSON_AddStringToObject(object, key, text);
}

#endif
