/* Damaged messages: each valid one cut, with a bit flipped, an octet dropped or doubled; and streams of all
 * of them with one octet of a hundred wrong. What is undamaged is delivered, and nothing else where a check
 * can see it. */
#include "dice.h"
#include "loaded.h"

#include "../support/invariants.h"

#define READINGS_MAX 16     /* of one message */
#define PAUSE_MS     10000  /* between two messages, where no check tells where one begins */
#define STREAM_MAX   400000 /* octets */
#define PIECES       300    /* messages of a stream */

/* What a message says when it comes alone, and with these settings. */
struct sound {
	const struct message *message;
	uint64_t sums[READINGS_MAX];
	size_t count;
};

static bool says(const struct sound *sound, uint64_t sum)
{
	for (size_t i = 0; i < sound->count; i++) {
		if (sound->sums[i] == sum)
			return true;
	}
	return false;
}

/* Pushes and calls `found` with each reading. */
struct line {
	struct han_decoder decoder;
	void (*found)(struct line *line, const struct han_event *event);
	void *user;
	const struct sound *sound;
	size_t same, wrong;
};

static void line_event(struct line *line, const struct han_event *event)
{
	check_event(event);
	if (event->type == HAN_READING)
		line->found(line, event);
}

static void line_push(struct line *line, const uint8_t *buf, size_t len, uint64_t now_ms)
{
	struct han_event event;

	do {
		size_t used = han_decoder_push(&line->decoder, buf, len, now_ms, &event);

		must(used <= len);
		buf += used;
		len -= used;
		line_event(line, &event);
	} while (event.type != HAN_MORE);
	must(len == 0);
}

static void line_end(struct line *line)
{
	struct han_event event;

	do {
		han_decoder_end(&line->decoder, &event);
		line_event(line, &event);
	} while (event.type != HAN_MORE);
}

static void line_begin(struct line *line, const struct han_settings *settings,
                       void (*found)(struct line *line, const struct han_event *event), void *user)
{
	han_decoder_init(&line->decoder, settings);
	line->found = found;
	line->user = user;
	line->same = line->wrong = 0;
}

static void keep_sum(struct line *line, const struct han_event *event)
{
	struct sound *sound = line->user;

	assert_true(sound->count < READINGS_MAX);
	sound->sums[sound->count++] = digest_reading(DIGEST_START, event->reading);
}

static struct line the_line;

static void learn(struct sound *sound, const struct message *message,
                  const struct han_settings *settings)
{
	struct line *line = &the_line;
	struct han_event event;

	*sound = (struct sound){ .message = message };
	line_begin(line, settings, keep_sum, sound);
	if (message->framing == HAN_FRAMING_NONE) {
		han_decoder_apdu(&line->decoder, message->octets, message->len, &event);
		if (event.type == HAN_READING)
			keep_sum(line, &event);
		return;
	}
	line_push(line, message->octets, message->len, 0);
	line_end(line);
}

/* clang-format off */
static const char *const damage_names[] = { "cut", "bit flipped", "octet dropped", "octet doubled" };
enum damage { DAMAGE_CUT, DAMAGE_BIT, DAMAGE_DROPPED, DAMAGE_DOUBLED, DAMAGE_KINDS };
/* clang-format on */

static size_t damage_count(const struct message *message, enum damage kind)
{
	return kind == DAMAGE_BIT ? 8 * message->len : message->len;
}

/* The one at `place` of that many. Returns how many octets are in buf. */
static size_t damage(const struct message *message, enum damage kind, size_t place, uint8_t *buf)
{
	const size_t at = kind == DAMAGE_BIT ? place / 8 : place;
	const size_t rest = message->len - at;

	memcpy(buf, message->octets, message->len);
	switch (kind) {
	case DAMAGE_CUT:
		return at;
	case DAMAGE_BIT:
		buf[at] ^= (uint8_t)(1U << place % 8);
		return message->len;
	case DAMAGE_DROPPED:
		memmove(buf + at, buf + at + 1, rest - 1);
		return message->len - 1;
	case DAMAGE_DOUBLED:
		memcpy(buf + at + 1, message->octets + at, rest);
		return message->len + 1;
	case DAMAGE_KINDS:
		break;
	}
	return 0;
}

static void compare(struct line *line, const struct han_event *event)
{
	if (says(line->sound, digest_reading(DIGEST_START, event->reading)))
		line->same++;
	else
		line->wrong++;
}

struct tally {
	size_t tried, wrong, unseen, lost;
};

static void tell_failure(const struct message *message, enum damage kind, size_t place,
                         const char *what)
{
	print_error("%s: %s at %zu: %s\n", message->name, damage_names[kind], place, what);
}

/* The damaged message, and behind it the sound one, which must come out. */
static void try_damage(const struct sound *sound, const struct han_settings *settings,
                       enum damage kind, size_t place, struct tally *tally)
{
	static uint8_t buf[65536 + 1];
	const struct message *message = sound->message;
	const bool paused = message->octets[0] == 0xDB;
	size_t len = damage(message, kind, place, buf);
	struct line *line = &the_line;

	line_begin(line, settings, compare, NULL);
	line->sound = sound;
	line_push(line, buf, len, paused);
	line_push(line, message->octets, message->len, paused ? PAUSE_MS : 0);
	line_end(line);
	tally->tried++;
	if (line->wrong > 0 && !message->checked)
		tally->unseen++;
	if (line->wrong > 0 && message->checked) {
		tally->wrong++;
		tell_failure(message, kind, place, "a wrong value was delivered");
	}
	if (line->same < sound->count) {
		tally->lost++;
		tell_failure(message, kind, place, "the sound message behind it was lost");
	}
}

/* A bare APDU has no check of its own: that nothing breaks is messages. */
static void try_apdu(const struct message *message, const struct han_settings *settings,
                     enum damage kind, size_t place, struct tally *tally)
{
	static uint8_t buf[65536 + 1];
	size_t len = damage(message, kind, place, buf);
	struct han_event event;

	han_decoder_init(&the_line.decoder, settings);
	han_decoder_apdu(&the_line.decoder, buf, len, &event);
	if (event.type == HAN_READING)
		(void)digest_reading(DIGEST_START, event.reading);
	tally->tried++;
}

static void check_damage(enum damage kind)
{
	struct tally tally = { 0 };
	size_t heard = 0;

	for (size_t i = 0; i < messages.count; i++) {
		const struct message *message = &messages.list[i];
		struct han_settings settings = message_settings(message);
		struct sound sound;

		learn(&sound, message, &settings);
		heard += sound.count > 0;
		if (sound.count == 0 && kind == DAMAGE_CUT)
			print_message("# %s says nothing\n", message->name);
		for (size_t place = 0; place < damage_count(message, kind); place++) {
			if (message->framing == HAN_FRAMING_NONE)
				try_apdu(message, &settings, kind, place, &tally);
			else
				try_damage(&sound, &settings, kind, place, &tally);
		}
	}
	print_message(
		"# %s: %zu messages, %zu damaged ones, %zu of them passed their check with a wrong "
		"value, %zu without a check did\n",
		damage_names[kind], heard, tally.tried, tally.wrong, tally.unseen);
	assert_int_equal(tally.wrong, 0);
	assert_int_equal(tally.lost, 0);
	assert_true(tally.tried > 0);
}

static void test_every_cut(void **state)
{
	(void)state;
	check_damage(DAMAGE_CUT);
}

static void test_every_bit_flipped(void **state)
{
	(void)state;
	check_damage(DAMAGE_BIT);
}

static void test_every_octet_dropped(void **state)
{
	(void)state;
	check_damage(DAMAGE_DROPPED);
}

static void test_every_octet_doubled(void **state)
{
	(void)state;
	check_damage(DAMAGE_DOUBLED);
}

/* A stream of sound messages, and where each of them lies in it. */
struct piece {
	const struct sound *sound;
	size_t begin, end;
	size_t delivered;
	bool damaged;
};

struct stream {
	uint8_t octets[STREAM_MAX];
	size_t len;
	struct piece pieces[PIECES];
	size_t count;
	size_t survived, strange;
};

static void stream_add(struct stream *s, const struct sound *sound, bool share)
{
	const struct message *message = sound->message;
	struct piece *piece = &s->pieces[s->count];

	if (s->count == PIECES || s->len + message->len > STREAM_MAX)
		return;
	share = share && s->len > 0 && message->octets[0] == 0x7E && s->octets[s->len - 1] == 0x7E;
	*piece = (struct piece){ .sound = sound, .begin = s->len - share };
	memcpy(s->octets + piece->begin, message->octets, message->len);
	s->len = piece->end = piece->begin + message->len;
	s->count++;
}

static void damage_octet(struct stream *s, struct dice *dice, size_t at)
{
	s->octets[at] ^= (uint8_t)(1 + dice_below(dice, 255));
	for (size_t i = 0; i < s->count; i++) {
		if (at >= s->pieces[i].begin && at < s->pieces[i].end)
			s->pieces[i].damaged = true;
	}
}

/* One octet of a hundred: each for itself, or in bursts. */
static void stream_damage(struct stream *s, struct dice *dice, bool bursts)
{
	size_t left = s->len / 100;

	while (left > 0) {
		size_t at = dice_below(dice, s->len);
		size_t n = bursts ? 1 + dice_below(dice, 80) : 1;

		for (; n > 0 && left > 0 && at < s->len; n--, left--)
			damage_octet(s, dice, at++);
	}
}

static void match(struct line *line, const struct han_event *event)
{
	struct stream *s = line->user;
	const size_t middle = (size_t)event->offset + event->frame_len / 2;
	const uint64_t sum = digest_reading(DIGEST_START, event->reading);

	for (size_t i = 0; i < s->count; i++) {
		struct piece *piece = &s->pieces[i];

		if (middle < piece->begin || middle >= piece->end)
			continue;
		if (says(piece->sound, sum))
			piece->delivered++;
		else if (piece->sound->message->checked)
			s->survived++;
		else
			s->strange++;
		return;
	}
}

static void stream_push(struct stream *s, const struct han_settings *settings, struct dice *dice)
{
	struct line *line = &the_line;
	size_t most = 1 + dice_below(dice, 700);

	line_begin(line, settings, match, s);
	for (size_t at = 0, n; at < s->len; at += n) {
		n = 1 + dice_below(dice, most);
		if (n > s->len - at)
			n = s->len - at;
		line_push(line, s->octets + at, n, 0);
	}
	line_end(line);
}

struct harvest {
	size_t streams, sound, damaged, lost, survived, strange;
};

static void stream_count(const struct stream *s, struct harvest *harvest)
{
	harvest->streams++;
	harvest->survived += s->survived;
	harvest->strange += s->strange;
	for (size_t i = 0; i < s->count; i++) {
		const struct piece *piece = &s->pieces[i];

		harvest->sound += !piece->damaged;
		harvest->damaged += piece->damaged;
		if (piece->damaged || piece->delivered >= piece->sound->count)
			continue;
		harvest->lost++;
		print_error("stream %zu: %s, octets %zu to %zu, was lost\n", harvest->streams,
		            piece->sound->message->name, piece->begin, piece->end);
	}
}

/* Those that a decoder with these settings reads; a frame that begins anywhere, without a pause. */
static size_t choose(struct sound *sounds, const struct han_settings *settings)
{
	size_t count = 0;

	for (size_t i = 0; i < messages.count; i++) {
		const struct message *message = &messages.list[i];

		if (message->framing == HAN_FRAMING_NONE || message->octets[0] == 0xDB)
			continue;
		if (settings->protocol != HAN_PROTOCOL_AUTO &&
		    (int)settings->protocol != (int)message->framing)
			continue;
		learn(&sounds[count], message, settings);
		count += sounds[count].count > 0;
	}
	return count;
}

static void run_streams(const struct han_settings *settings, unsigned rounds, struct dice *dice,
                        struct harvest *harvest)
{
	static struct stream stream;
	struct sound *sounds = calloc(messages.count, sizeof(*sounds));
	size_t count;

	assert_non_null(sounds);
	count = choose(sounds, settings);
	for (unsigned round = 0; count > 0 && round < rounds; round++) {
		stream.len = stream.count = stream.survived = stream.strange = 0;
		for (size_t i = 0; i < PIECES; i++)
			stream_add(&stream, &sounds[dice_below(dice, count)], dice_below(dice, 2));
		stream_damage(&stream, dice, round % 2);
		stream_push(&stream, settings, dice);
		stream_count(&stream, harvest);
	}
	free(sounds);
}

/* The key of message i, when no message before it has the same. */
static bool is_new_key(size_t i)
{
	if (!messages.list[i].has_key)
		return false;
	for (size_t k = 0; k < i; k++) {
		if (messages.list[k].has_key &&
		    memcmp(messages.list[k].key, messages.list[i].key, HAN_KEY_OCTETS) == 0)
			return false;
	}
	return true;
}

/* Of the damaged messages a check of 16 bits should let pass less than one of 1000, a checksum of 8 bits one
 * of 50. */
static void check_streams(enum han_protocol protocol, const char *name, size_t one_of)
{
	struct han_settings settings = { .protocol = protocol, .allow_replay = true };
	struct dice dice = dice_new();
	struct harvest harvest = { 0 };

	run_streams(&settings, 8, &dice, &harvest);
	for (size_t i = 0; i < messages.count; i++) {
		if (!is_new_key(i))
			continue;
		settings = message_settings(&messages.list[i]);
		settings.protocol = protocol;
		run_streams(&settings, 2, &dice, &harvest);
	}
	print_message(
		"# %s: %zu streams, %zu sound messages of which %zu were lost, %zu damaged of "
		"which %zu passed their check with a wrong value, %zu without a check\n",
		name, harvest.streams, harvest.sound, harvest.lost, harvest.damaged,
		harvest.survived, harvest.strange);
	assert_int_equal(harvest.lost, 0);
	assert_true(harvest.survived * one_of <= harvest.damaged);
}

static void test_streams_of_hdlc(void **state)
{
	(void)state;
	check_streams(HAN_PROTOCOL_HDLC, "hdlc", 1000);
}

static void test_streams_of_mbus(void **state)
{
	(void)state;
	check_streams(HAN_PROTOCOL_MBUS, "mbus", 50);
}

static void test_streams_of_p1(void **state)
{
	(void)state;
	check_streams(HAN_PROTOCOL_P1, "p1", 1000);
}

static void test_streams_of_all(void **state)
{
	(void)state;
	check_streams(HAN_PROTOCOL_AUTO, "auto", 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_every_bit_flipped),
		cmocka_unit_test(test_every_octet_dropped),
		cmocka_unit_test(test_every_octet_doubled),
		cmocka_unit_test(test_streams_of_hdlc),
		cmocka_unit_test(test_streams_of_mbus),
		cmocka_unit_test(test_streams_of_p1),
		cmocka_unit_test(test_streams_of_all),
	};

	return cmocka_run_group_tests_name("damage", tests, load, unload);
}
