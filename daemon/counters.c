#include "counters.h"

#include "trouble.h"

void counters_refuse_frame(struct meter_counters *counters, enum han_err err)
{
	counters->frames_bad++;
	if (err == HAN_ERR_HCS || err == HAN_ERR_FCS || err == HAN_ERR_CHECKSUM ||
	    err == HAN_ERR_CRC)
		counters->crc_errors++;
	/* before its header was checked it may as well be noise */
	if (err == HAN_ERR_FCS || err == HAN_ERR_FLAG || err == HAN_ERR_CHECKSUM ||
	    err == HAN_ERR_STOP || err == HAN_ERR_CRC)
		counters->frames_damaged++;
}

void counters_refuse_message(struct meter_counters *counters, enum han_err err)
{
	switch (trouble_of(err)) {
	case TROUBLE_DECRYPT:
		counters->decrypt_failed++;
		break;
	case TROUBLE_REPLAY:
		counters->replayed++;
		break;
	case TROUBLE_DECODE:
	case TROUBLE_FRAGMENT:
		counters->decode_failed++;
		break;
	}
}

struct meter_heard counters_heard(const struct meter_counters *counters)
{
	return (struct meter_heard){ counters->bytes, counters->frames_damaged };
}

struct meter_heard counters_heard_since(const struct meter_counters *counters,
                                        struct meter_heard then)
{
	return (struct meter_heard){ counters->bytes - then.bytes,
		                     counters->frames_damaged - then.frames_damaged };
}
