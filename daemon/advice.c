#include "advice.h"

#include <stddef.h>

const char *advice_of(enum han_err err, bool list_given)
{
	if (err == HAN_ERR_NO_KEY)
		return "the meter encrypts: ask the grid company for its key, and give it with --key";
	if (err == HAN_ERR_KEY)
		return "the key is not this meter's, or it was mistyped: --key";
	if (err == HAN_ERR_TAG)
		return "--auth-key, or --key, is not this meter's";
	if (err == HAN_ERR_REPLAY)
		return "it is a message that came before, or one file was given twice: each counter is "
		       "taken once in a run";
	if (err == HAN_ERR_LIST && list_given)
		return "the data is sound, but not of the list that --list names: try it without --list";
	if (err == HAN_ERR_LIST)
		return "the data is sound, but of a list that is not known yet: the makers of hantool want "
		       "to see the page of `hantool explain`";
	return NULL;
}
