/* What every unit test includes: cmocka, and a word about the case at hand. */
#ifndef CHECK_H
#define CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Names a case before its checks: a failure stands behind the name of its case. */
static inline void say_case(const char *name)
{
	print_message("# %s\n", name);
}

#endif
