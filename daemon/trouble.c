#include "trouble.h"

#include <stddef.h>
#include <stdio.h>

#define FRAGMENTS_MAX 2      /* incomplete messages that are nothing to speak of */
#define LINGERS_MS    60000  /* so that people see it, and nothing flaps */
#define AGAIN_MS      600000 /* after that long without, it begins anew */

struct row {
	enum han_err err;
	enum trouble trouble;
	const char *advice;
	bool in_section; /* the name of the meter's section follows */
};

#define LOST_PARTS   "frames are lost; check the cable, baud and format in"
#define NO_SUCH_KIND "this kind of ciphering is not supported"

/* clang-format off */
static const struct row rows[] = {
	{ HAN_ERR_NO_KEY,     TROUBLE_DECRYPT,  "set key-file in", true },
	{ HAN_ERR_KEY,        TROUBLE_DECRYPT,  "check key-file in", true },
	{ HAN_ERR_TAG,        TROUBLE_DECRYPT,  "check key-file and auth-key-file in", true },
	{ HAN_ERR_SECURITY,   TROUBLE_DECRYPT,  NO_SUCH_KIND, false },
	{ HAN_ERR_TITLE,      TROUBLE_DECRYPT,  NO_SUCH_KIND, false },
	{ HAN_ERR_REPLAY,     TROUBLE_REPLAY,   "if it is the meter that sends so, set allow-replay in", true },
	{ HAN_ERR_TIMEOUT,    TROUBLE_FRAGMENT, LOST_PARTS, true },
	{ HAN_ERR_END,        TROUBLE_FRAGMENT, LOST_PARTS, true },
	{ HAN_ERR_SEGMENT,    TROUBLE_FRAGMENT, LOST_PARTS, true },
	{ HAN_ERR_BLOCK,      TROUBLE_FRAGMENT, LOST_PARTS, true },
	{ HAN_ERR_INCOMPLETE, TROUBLE_FRAGMENT, LOST_PARTS, true },
};
/* clang-format on */

static const struct row other = { HAN_OK, TROUBLE_DECODE, "`hantool decode` on the port shows more",
	                          false };

static const struct row *row_of(enum han_err err)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].err == err)
			return &rows[i];
	}
	return &other;
}

enum trouble trouble_of(enum han_err err)
{
	return row_of(err)->trouble;
}

char *trouble_describe(enum han_err err, const char *section, char buf[TROUBLE_TEXT])
{
	const struct row *row = row_of(err);
	const char *verb = row->trouble == TROUBLE_DECODE ? "not understood" : "refused";
	char where[64] = "";

	if (row->in_section)
		snprintf(where, sizeof(where), " [meter%s%.48s]", section[0] ? " " : "", section);
	snprintf(buf, TROUBLE_TEXT, "messages arrive but are %s: %s; %s%s", verb, han_err_name(err),
	         row->advice, where);
	return buf;
}

struct trouble_news troubles_note(struct troubles *t, enum han_err err, uint64_t now_ms)
{
	uint64_t last_ms = t->last_ms[err];
	struct trouble_news news = { false, false };

	if (trouble_of(err) == TROUBLE_FRAGMENT && ++t->fragments <= FRAGMENTS_MAX)
		return news;
	t->last_ms[err] = now_ms;
	news.tell = !last_ms || now_ms - last_ms >= AGAIN_MS;
	news.begins = t->err != err && (!t->err || now_ms - t->last_ms[t->err] >= LINGERS_MS);
	t->told |= news.tell;
	if (news.begins)
		t->err = err;
	return news;
}

bool troubles_end(struct troubles *t, uint64_t now_ms, bool *told)
{
	t->fragments = 0;
	if (t->err == HAN_OK || now_ms - t->last_ms[t->err] < LINGERS_MS)
		return false;
	t->err = HAN_OK;
	*told = t->told;
	t->told = false;
	return true;
}
