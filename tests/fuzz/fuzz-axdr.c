/* One data element, item by item: what the items say fits into what there is. */
#include "fuzz.h"

#include <han/axdr.h>

static void check_item(const struct han_item *item, const uint8_t *data, size_t size)
{
	must(item->depth <= HAN_AXDR_DEPTH);
	switch (item->kind) {
	case HAN_ITEM_NULL:
		must(item->tag == HAN_TAG_NULL || item->tag == HAN_TAG_DONT_CARE);
		return;
	case HAN_ITEM_NUMBER:
		must(!item->negative || item->magnitude != 0);
		(void)digest_decimal(
			DIGEST_START,
			(struct han_decimal){ item->magnitude, item->exp10, item->negative });
		return;
	case HAN_ITEM_OCTETS:
		must(lies_inside(item->octets, item->len, data, size));
		return;
	case HAN_ITEM_CONTAINER:
		must(item->count <= size); /* each element has an octet at least */
		return;
	}
	broken("a kind that exists", __FILE__, __LINE__);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct han_axdr axdr;
	struct han_item item;
	unsigned items = 0;

	fuzz_forget(&axdr, sizeof(axdr));
	han_axdr_begin(&axdr, size > 0 ? data : NULL, size);
	while (han_axdr_next(&axdr, &item)) {
		must(++items <= HAN_AXDR_ITEMS);
		must(axdr.cursor.err == HAN_OK);
		check_item(&item, data, size);
		must(lies_inside(axdr.cursor.pos, 0, data, size));
	}
	must(axdr.cursor.err < HAN_ERR_KINDS);
	must(axdr.cursor.err != HAN_OK || axdr.cursor.pos == data + size);
	must(!han_axdr_next(&axdr, &item)); /* the end sticks */
	return 0;
}
