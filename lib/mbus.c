#include "mbus.h"

#define HEAD_LEN    4 /* 68 L L 68 */
#define CONTROL_LEN 1
#define LAYER_LEN   5 /* C A CI STSAP DTSAP, the least that L counts */
#define TAIL_LEN    2 /* checksum, stop */
#define WRAP        256

#define C_MASK 0xDF /* without the frame count bit: 53 and 73 are SND_UD */
#define C_SEND 0x53

_Static_assert(HEAD_LEN + WRAP + LAYER_LEN - 1 + TAIL_LEN <= FRAMER_MAX, "the longest frame fits");

enum step { AT_LENGTH, AT_HEAD, AT_CONTROL, AT_FRAME };

static uint8_t sum(const uint8_t *octets, size_t len)
{
	unsigned total = 0;

	for (size_t i = 0; i < len; i++)
		total += octets[i];
	return (uint8_t)total;
}

static enum look look_at_head(struct framer *f)
{
	const uint8_t *head = framer_candidate(f);

	if (head[2] != head[1] || head[3] != MBUS_START)
		return LOOK_NOISE;
	f->len = head[1] < LAYER_LEN ? (size_t)head[1] + WRAP : head[1];
	f->step = AT_CONTROL;
	f->need = HEAD_LEN + CONTROL_LEN;
	return LOOK_MORE;
}

static enum look look_at_control(struct framer *f)
{
	if ((framer_candidate(f)[HEAD_LEN] & C_MASK) != C_SEND)
		return LOOK_NOISE;
	f->step = AT_FRAME;
	f->need = HEAD_LEN + f->len + TAIL_LEN;
	return LOOK_MORE;
}

/* The transport of DLMS: what is behind DTSAP is the message, or a segment of it. */
static void read_layer(struct framer *f, const uint8_t *layer)
{
	bool segment = (layer[2] & ~MBUS_CI_MASK) == 0;

	f->mbus = (struct han_mbus_header){ layer[0], layer[1], layer[2], 0, 0 };
	f->payload = HEAD_LEN + LAYER_LEN;
	f->payload_len = segment ? f->len - LAYER_LEN : 0;
	if (segment) {
		f->mbus.stsap = layer[3];
		f->mbus.dtsap = layer[4];
	}
}

static enum look look_at_frame(struct framer *f)
{
	const uint8_t *layer = framer_candidate(f) + HEAD_LEN;

	if (layer[f->len] != sum(layer, f->len)) {
		f->reason = HAN_ERR_CHECKSUM;
		return LOOK_BAD;
	}
	if (layer[f->len + 1] != MBUS_STOP) {
		f->reason = HAN_ERR_STOP;
		return LOOK_BAD;
	}
	read_layer(f, layer);
	return LOOK_FRAME;
}

enum look mbus_look(struct framer *f)
{
	switch ((enum step)f->step) {
	case AT_LENGTH: /* both lengths may be the start of another frame: look at them together */
		f->step = AT_HEAD;
		f->need = HEAD_LEN;
		break;
	case AT_HEAD:
		return look_at_head(f);
	case AT_CONTROL:
		return look_at_control(f);
	case AT_FRAME:
		return look_at_frame(f);
	}
	return LOOK_MORE;
}
