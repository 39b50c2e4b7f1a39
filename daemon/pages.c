#include "pages.h"

#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int look_at(struct dl_phdr_info *info, size_t size, void *user)
{
	const char *library = user, *name = strrchr(info->dlpi_name, '/');
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size;
	if (!name || strncmp(name + 1, library, strlen(library)) != 0)
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		uintptr_t end = begin + info->dlpi_phdr[i].p_memsz;

		begin &= ~(page - 1);
		if (info->dlpi_phdr[i].p_type == PT_LOAD && !(info->dlpi_phdr[i].p_flags & PF_W))
			madvise((void *)begin, end - begin, MADV_DONTNEED);
	}
	return 1;
}

void pages_give_back(const char *library)
{
	dl_iterate_phdr(look_at, (void *)library);
}
