/* How large what the daemon keeps for each meter is: its station (settings, texts, what was announced and what was read
 * last), and its port with the decoder's buffers, of which only the pages that a meter needs are ever touched.
 * Prints name and octets, one a line. */
#include <stdio.h>

#include "listener.h"
#include "station.h"

int main(void)
{
	printf("station %zu\n", sizeof(struct station));
	printf("port %zu\n", sizeof(struct listener));
	return 0;
}
