#include "catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <han/reading.h>

#include "meters.h"
#include "usage.h"

static void print_row(const char *name, const char *maker, const char *about)
{
	printf("%-20s  %-11s  %s\n", name, maker, about);
}

int catalogue_main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return usage_help("lists");
	if (argc > 1)
		usage_refuse("lists", "it takes no arguments");
	for (size_t i = 0; i < han_list_count(); i++) {
		const struct han_list *list = han_list_at(i);
		const char *maker = han_list_maker(list);

		print_row(han_list_name(list), maker[0] ? maker : "-", han_list_about(list));
	}
	for (size_t i = 0; i < meters_count(); i++)
		print_row(meters_at(i)->name, "(simulated)", meters_at(i)->about);
	return usage_finish(EXIT_SUCCESS);
}
