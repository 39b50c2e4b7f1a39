/* "1 octet", "2 octets". */
#ifndef PLURAL_H
#define PLURAL_H

/* What stands behind a noun of which there are so many. */
static inline const char *plural(unsigned long long count)
{
	return count == 1 ? "" : "s";
}

#endif
