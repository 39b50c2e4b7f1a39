/* The decoder without a memory for frames that came before: lib/decoder.c built once more, with other names, and no
 * frame is known. What lib/repeat.c is judged by. */
#ifndef PLAIN_H
#define PLAIN_H

#include <han/decoder.h>

#include "framer.h"
#include "repeat.h"

void plain_init(struct han_decoder *decoder, const struct han_settings *settings);
void plain_fini(struct han_decoder *decoder);
size_t plain_push(struct han_decoder *decoder, const uint8_t *buf, size_t len, uint64_t now_ms,
                  struct han_event *event);
size_t plain_wanted(const struct han_decoder *decoder);
void plain_end(struct han_decoder *decoder, struct han_event *event);
void plain_apdu(struct han_decoder *decoder, const uint8_t *apdu, size_t len,
                struct han_event *event);

/* Its framer_join(), and its repeat_read(): there is no frame. */
size_t plain_join(struct framer *f, const uint8_t *buf, size_t len, uint64_t now_ms);
bool plain_read(struct repeat *r, const uint8_t *frame, size_t len, uint8_t *kept,
                struct han_reading *reading);

#endif
