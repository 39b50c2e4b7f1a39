/* The messages of messages.h for a whole program, as cmocka's setup and teardown of its group. */
#ifndef LOADED_H
#define LOADED_H

#include "check.h"

#include "../support/messages.h"

static struct messages messages;

static inline int load(void **state)
{
	(void)state;
	messages_load(&messages);
	if (!messages.has_corpus)
		print_message("# no corpus of meters' messages: the encoder's alone\n");
	return 0;
}

static inline int unload(void **state)
{
	(void)state;
	messages_free(&messages);
	return 0;
}

#endif
