#include "tuning.h"

#include <assert.h>

#define ROWS 7

/* What is known of meters' ports, the likeliest first. */
static const struct tuning_line rows[ROWS] = {
	{ 2400, SERIAL_8N1 },   { 2400, SERIAL_8E1 }, { 115200, SERIAL_8N1 }, { 9600, SERIAL_8N1 },
	{ 115200, SERIAL_7E1 }, { 9600, SERIAL_7E1 }, { 115200, SERIAL_8E1 },
};

/* The rows in the order of each protocol. */
static const uint8_t orders[][ROWS] = {
	[HAN_PROTOCOL_AUTO] = { 0, 1, 2, 3, 4, 5, 6 },
	[HAN_PROTOCOL_HDLC] = { 0, 1, 2, 3, 4, 5, 6 },
	[HAN_PROTOCOL_MBUS] = { 1, 0, 3, 2, 4, 5, 6 },
	[HAN_PROTOCOL_P1] = { 2, 4, 5, 6, 3, 0, 1 },
};

/* What a burst without a valid frame costs the choice that it was heard with. */
#define SPENT_WHOLE 8
#define SPENT_WEAK  2 /* one that was joined in its middle, or a crackle */
#define SPENT_RIGHT 3 /* one whose octets look right: it was damaged */

/* What evidence makes up for. Less than two whole bursts: no choice is listened with for ever while others
 * wait. */
#define HINT_STRONG 12
#define HINT_WEAK   6
#define STAY        4 /* the line is not changed for nothing */

#define FRAMES_MAX 8       /* valid frames that make it surer */
#define PATIENCE   4       /* bursts in vain, and one more for each of those, */
#define PATIENCE_S 10      /* and as many times that long, before all begins again */
#define VAIN_TOLD  3       /* bursts in vain before it is said that all was tried */
#define MANY       1000000 /* enough of them were counted */

/* ---- choices ---- */

/* count: there is none. */
static size_t find_choice(const struct tuning *t, struct tuning_line line)
{
	size_t i = 0;

	while (i < t->count &&
	       (t->choices[i].line.baud != line.baud || t->choices[i].line.format != line.format))
		i++;
	return i;
}

static void add_choice(struct tuning *t, struct tuning_line line, unsigned baud, int format)
{
	if ((baud != 0 && line.baud != baud) || (format >= 0 && (int)line.format != format) ||
	    find_choice(t, line) < t->count)
		return;
	assert(t->count < TUNING_CHOICES);
	t->choices[t->count++].line = line;
}

/* A speed that no row has, or one that no row has with that format. */
static void add_unknown(struct tuning *t, unsigned baud, int format)
{
	static const enum serial_format formats[] = { SERIAL_8N1, SERIAL_8E1, SERIAL_7E1 };
	static const unsigned bauds[] = { 2400, 115200, 9600 };

	for (size_t i = 0; i < 3; i++) {
		if (baud != 0)
			add_choice(t, (struct tuning_line){ baud, formats[i] }, baud, format);
		else
			add_choice(t, (struct tuning_line){ bauds[i], (enum serial_format)format },
			           baud, format);
	}
}

void tuning_init(struct tuning *t, unsigned baud, int format, enum han_protocol protocol,
                 const struct tuning_line *remembered)
{
	*t = (struct tuning){ .count = 0 };
	if (remembered)
		add_choice(t, *remembered, baud, format);
	for (size_t i = 0; i < ROWS; i++)
		add_choice(t, rows[orders[protocol][i]], baud, format);
	if (baud != 0 || format >= 0)
		add_unknown(t, baud, format);
	t->twin_of = t->count;
}

struct tuning_line tuning_line(const struct tuning *t)
{
	return t->choices[t->at].line;
}

static void forget_trials(struct tuning *t)
{
	for (size_t i = 0; i < t->count; i++) {
		t->choices[i].spent = 0;
		t->choices[i].tried = false;
	}
}

/* ---- what is heard ---- */

static bool is_sure(const struct tuning *t)
{
	unsigned patience = PATIENCE + t->frames;

	return t->settled && t->checked &&
	       (t->vain < patience ||
	        t->heard_ms - t->framed_ms < (uint64_t)patience * PATIENCE_S * 1000);
}

static void begin_burst(struct tuning *t)
{
	t->burst = (struct burst){ .octets = 0 };
	t->errors = (struct burst_errors){ 0 };
}

/* Whether the burst ended, by a pause or because it lasts too long. */
static bool is_over(const struct tuning *t, uint64_t now_ms)
{
	return t->burst.octets > 0 && (now_ms - t->burst.last_ms >= TUNING_PAUSE_MS ||
	                               now_ms - t->burst.first_ms >= TUNING_TRIAL_MS);
}

/* While it is sure nobody is woken up at the end of a burst: it is noticed with the next one. */
static void close_unasked(struct tuning *t)
{
	if (!t->burst.framed && !burst_looks_right(&t->burst, t->errors) && t->vain < MANY)
		t->vain++;
	begin_burst(t);
}

void tuning_opened(struct tuning *t, uint64_t now_ms)
{
	begin_burst(t);
	t->heard_ms = now_ms;
}

void tuning_octets(struct tuning *t, const uint8_t *buf, size_t len, uint64_t now_ms)
{
	if (len == 0)
		return;
	if (is_over(t, now_ms) && is_sure(t))
		close_unasked(t);
	if (t->burst.octets == 0)
		t->burst.joined = now_ms - t->heard_ms < TUNING_PAUSE_MS;
	burst_add(&t->burst, buf, len, now_ms);
	t->heard_ms = now_ms;
}

void tuning_frame(struct tuning *t, uint64_t now_ms)
{
	if (!t->settled)
		forget_trials(t);
	t->settled = true;
	t->burst.framed = true;
	t->framed_ms = now_ms;
	t->vain = 0;
	if (t->frames < FRAMES_MAX)
		t->frames++;
}

uint64_t tuning_due(const struct tuning *t)
{
	uint64_t pause = t->burst.last_ms + TUNING_PAUSE_MS;
	uint64_t trial = t->burst.first_ms + TUNING_TRIAL_MS;

	if (t->burst.octets == 0 || is_sure(t))
		return 0;
	return pause < trial ? pause : trial;
}

/* ---- what follows from it ---- */

/* Whether that speed is on that side of the present one. */
static bool is_beyond(const struct tuning *t, enum burst_speed side, unsigned baud)
{
	unsigned now = tuning_line(t).baud;

	return side == BURST_SPEED_SLOWER ? baud < now : baud > now;
}

static int hint_of_speed(const struct tuning *t, enum burst_speed speed, unsigned baud)
{
	if (!is_beyond(t, speed, baud))
		return 0;
	for (size_t i = 0; i < t->count; i++) {
		unsigned other = t->choices[i].line.baud;

		if (is_beyond(t, speed, other) && burst_prefers_baud(&t->burst, other, baud))
			return HINT_WEAK;
	}
	return HINT_STRONG;
}

static int hint_of_format(const struct tuning *t, struct tuning_line line)
{
	struct tuning_line now = tuning_line(t);

	if (line.baud != now.baud)
		return 0;
	return line.format == burst_format(&t->burst, t->errors, now.format) ? HINT_STRONG
	                                                                     : HINT_WEAK;
}

/* How well another choice explains a burst that was heard with the present one, and had no frame. */
static int hint_for(const struct tuning *t, struct tuning_line line, bool looks_right)
{
	enum burst_speed speed = burst_speed(&t->burst);

	if (looks_right) /* else the speed at least is right */
		return line.baud == tuning_line(t).baud ? HINT_WEAK : 0;
	switch (speed) {
	case BURST_SPEED_UNKNOWN:
		return 0;
	case BURST_SPEED_SAME:
		return hint_of_format(t, line);
	case BURST_SPEED_SLOWER:
	case BURST_SPEED_FASTER:
		return hint_of_speed(t, speed, line.baud);
	}
	return 0;
}

/* The choice on which least was spent, evidence taken off; of equal ones the likelier. */
static size_t best_choice(const struct tuning *t, bool looks_right)
{
	size_t best = t->at;
	int best_cost = (int)t->choices[best].spent - STAY - (looks_right ? HINT_STRONG : 0);

	for (size_t i = 0; i < t->count; i++) {
		int cost = (int)t->choices[i].spent - hint_for(t, t->choices[i].line, looks_right);

		if (i != t->at && cost < best_cost) {
			best = i;
			best_cost = cost;
		}
	}
	return best;
}

/* whole: not joined in its middle. The next choice. */
static size_t judge(struct tuning *t, bool whole)
{
	struct tuning_choice *now = &t->choices[t->at];
	bool looks_right = burst_looks_right(&t->burst, t->errors);
	size_t next;

	if (now->spent > MANY)
		forget_trials(t);
	if (!whole)
		now->spent += SPENT_WEAK;
	else
		now->spent += looks_right ? SPENT_RIGHT : SPENT_WHOLE;
	now->tried |= whole;
	if (t->vain < MANY)
		t->vain += whole;
	next = best_choice(t, looks_right);
	if (next != t->at)
		t->settled = false;
	return next;
}

/* Frames are valid with some wrong formats too, as a UART delivers octets of a wrong parity or stop bit; but
 * then their errors are many, and another format is tried. The next choice. */
static size_t check_frames(struct tuning *t)
{
	struct tuning_line line = tuning_line(t);
	size_t twin;

	t->checked = true;
	if (t->twin_of < t->count) {
		t->twin_of = t->count;
		return t->at;
	}
	if (t->errors.parity + t->errors.framing < t->burst.octets / 4)
		return t->at;
	line.format = burst_format(&t->burst, t->errors, line.format);
	twin = find_choice(t, line);
	if (twin == t->count)
		return t->at;
	t->twin_of = t->at;
	t->settled = t->checked = false;
	return twin;
}

static size_t give_up_twin(struct tuning *t)
{
	size_t back = t->twin_of;

	t->twin_of = t->count;
	t->settled = t->checked = true;
	return back;
}

/* Errors that were counted while nobody asked are not the burst's. */
static void begin_again(struct tuning *t)
{
	t->settled = t->checked = false;
	t->frames = t->vain = 0;
	t->errors = (struct burst_errors){ 0 };
}

bool tuning_pause(struct tuning *t, struct burst_errors errors, uint64_t now_ms)
{
	size_t before = t->at;
	bool whole;

	t->errors.parity += errors.parity;
	t->errors.framing += errors.framing;
	if (is_sure(t) || !is_over(t, now_ms))
		return false;
	if (t->settled && t->checked)
		begin_again(t);
	t->burst.endless = now_ms - t->burst.last_ms < TUNING_PAUSE_MS;
	whole = !burst_is_tiny(&t->burst) && (!t->burst.joined || t->burst.endless);
	if (t->burst.framed)
		t->at = check_frames(t);
	else if (t->twin_of == t->count)
		t->at = judge(t, whole);
	else if (whole)
		t->at = give_up_twin(t);
	begin_burst(t);
	return t->at != before;
}

bool tuning_settled(const struct tuning *t)
{
	return t->settled;
}

bool tuning_all_tried(const struct tuning *t)
{
	for (size_t i = 0; i < t->count; i++) {
		if (!t->choices[i].tried)
			return false;
	}
	return t->vain >= VAIN_TOLD;
}
