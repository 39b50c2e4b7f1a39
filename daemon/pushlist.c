#include "pushlist.h"

#include <assert.h>

static void encode_objects(struct encoder *e, const struct pushlist_item *items, size_t count)
{
	encode_container(e, HAN_TAG_ARRAY, count);
	for (size_t i = 0; i < count; i++)
		encode_push_object(e, (uint16_t)items[i].class_id, items[i].obis,
		                   items[i].attribute);
}

static void encode_value(struct encoder *e, const struct pushlist_item *item,
                         const struct sample *sample, const struct han_datetime *clock)
{
	switch (item->class_id) {
	case PUSHLIST_DATA:
		encode_text(e, item->text);
		break;
	case PUSHLIST_REGISTER:
		encode_number(e, item->tag, sample_value(sample, item->obis, item->exp10));
		break;
	case PUSHLIST_CLOCK:
		encode_datetime(e, clock);
		break;
	case PUSHLIST_SETUP:
		encode_obis(e, item->obis);
		break;
	}
}

void encode_pushlist(struct encoder *e, const struct pushlist_item *items, size_t count,
                     const struct sample *sample, const struct han_datetime *clock)
{
	assert(items[0].class_id == PUSHLIST_SETUP && items[0].attribute == 2);
	encode_container(e, HAN_TAG_STRUCTURE, count);
	encode_objects(e, items, count);
	for (size_t i = 1; i < count; i++)
		encode_value(e, &items[i], sample, clock);
}
