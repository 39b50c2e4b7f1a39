#ifndef TELEGRAM_H
#define TELEGRAM_H
#include <han/error.h>
#include <han/reading.h>
enum han_err telegram_read(struct han_reading *reading);
enum han_err telegram_check(const uint8_t *octets, size_t len, struct han_p1_header *header, size_t *telegram_len);
#endif
