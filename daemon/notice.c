#include "notice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of a text: two of the usual length take what malloc() gives for the second smallest block, on 64 bits. */
static uint32_t size_for(size_t len)
{
	return len < 20 ? 20 : (uint32_t)(len + 16) / 16 * 16 + 12;
}

static __attribute__((noinline)) int make_room(struct notice *notice, size_t len)
{
	uint32_t size = size_for(len);
	char *other = malloc(2 * (size_t)size);

	if (!other)
		return -ENOMEM;
	if (notice->left)
		memcpy(other + size, notice->text + notice->size, notice->left_len + 1);
	free(notice->text);
	notice->text = other;
	notice->size = size;
	return 0;
}

int notice_write(struct notice *notice, const char *text, size_t len)
{
	if (len >= notice->size && make_room(notice, len) < 0)
		return -ENOMEM;
	memcpy(notice->text, text, len + 1);
	notice->len = (uint32_t)len;
	return 0;
}

enum pace_verdict notice_came(struct notice *notice, const struct pace_rules *rules,
                              uint64_t now_ms)
{
	bool same = rules->on_change && notice->left && notice->len == notice->left_len &&
	            memcmp(notice->text, notice->text + notice->size, notice->len) == 0;

	return pace_came(&notice->pace, rules, !same, now_ms);
}

void notice_left(struct notice *notice, const struct pace_rules *rules, unsigned expiry_s,
                 uint64_t now_ms)
{
	notice->left = rules->on_change;
	if (notice->left) {
		memcpy(notice->text + notice->size, notice->text, notice->len + 1);
		notice->left_len = notice->len;
	}
	pace_left(&notice->pace, expiry_s, now_ms);
}

void notice_clear(struct notice *notice)
{
	free(notice->text);
	*notice = (struct notice){ 0 };
}
