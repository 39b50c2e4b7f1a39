#include "telegram.h"
enum han_err telegram_read(struct han_reading *reading)
{
	(void)reading;
	return HAN_ERR_LINE;
}
enum han_err telegram_check(const uint8_t *octets, size_t len, struct han_p1_header *header,
                            size_t *telegram_len)
{
	(void)octets;
	(void)len;
	(void)header;
	(void)telegram_len;
	return HAN_ERR_LINE;
}
