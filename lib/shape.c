#include "shape.h"

#define OBIS_OCTETS 6
#define OBIS_A_MAX  15 /* group A is a medium (0 … 15); an octet of a text is above */
#define CLASS_PUSH  40 /* push setup: its own list, or its name */
#define VALUE       2  /* the attribute that holds an object's value */

/* The walk is copied to look ahead: nothing is read twice by mistake. */
static bool peek(const struct han_axdr *walk, struct han_item *item)
{
	struct han_axdr ahead = *walk;

	return han_axdr_next(&ahead, item);
}

static struct han_obis obis_of(const uint8_t *b)
{
	return (struct han_obis){ b[0], b[1], b[2], b[3], b[4], b[5] };
}

static bool is_obis(const struct han_item *item)
{
	return item->tag == HAN_TAG_OCTET_STRING && item->len == OBIS_OCTETS &&
	       item->octets[0] <= OBIS_A_MAX;
}

/* Whether another element follows item in the container that it stands in. */
static bool has_sibling(const struct han_axdr *walk, const struct han_item *item)
{
	return item->depth > 0 && walk->levels[item->depth].left > 0;
}

/* The item that the walk has just read; NULL: there is no room. */
static struct entry *add(struct shape *shape, const struct han_axdr *walk,
                         const struct han_item *item)
{
	struct entry *entry = &shape->entries[shape->count];

	if (shape->count == HAN_VALUES_MAX)
		return NULL;
	shape->count++;
	entry->has_obis = entry->has_unit = false;
	entry->obis = (struct han_obis){ 0 };
	entry->item = *item;
	entry->end = (uint16_t)(walk->cursor.pos - shape->body);
	return entry;
}

/* Past all elements of a container just read. */
static void skip(struct han_axdr *walk, const struct han_item *container)
{
	struct han_item item;

	while (peek(walk, &item) && item.depth > container->depth)
		han_axdr_next(walk, &item);
}

/* {scaler, unit}: the next element, a structure of an integer and an enum. Taken only when it is one. */
static bool take_unit(struct han_axdr *walk, struct entry *entry)
{
	struct han_axdr ahead = *walk;
	struct han_item pair, scaler, unit;

	if (!han_axdr_next(&ahead, &pair) || pair.tag != HAN_TAG_STRUCTURE || pair.count != 2)
		return false;
	if (!han_axdr_next(&ahead, &scaler) || scaler.tag != HAN_TAG_INT8)
		return false;
	if (!han_axdr_next(&ahead, &unit) || unit.tag != HAN_TAG_ENUM)
		return false;
	entry->scaler = (int8_t)(scaler.negative ? -(int)scaler.magnitude : (int)scaler.magnitude);
	entry->unit = (uint8_t)unit.magnitude;
	entry->has_unit = true;
	*walk = ahead;
	return true;
}

/* A code was just read: the value behind it, and its unit. A value that is a container is none of ours, nor
 * is its unit. */
static bool take_value(struct shape *shape, struct han_axdr *walk, const struct han_item *code)
{
	struct han_item value, next;
	struct entry none, *entry;

	han_axdr_next(walk, &value);
	if (value.kind == HAN_ITEM_CONTAINER)
		skip(walk, &value);
	entry = value.kind == HAN_ITEM_CONTAINER ? &none : add(shape, walk, &value);
	if (!entry)
		return false;
	entry->has_obis = true;
	entry->obis = obis_of(code->octets);
	if (has_sibling(walk, &value) && peek(walk, &next) && next.kind == HAN_ITEM_CONTAINER)
		take_unit(walk, entry);
	return true;
}

static enum han_err read_tagged(struct shape *shape, struct han_axdr *walk)
{
	struct han_item item;

	while (han_axdr_next(walk, &item)) {
		struct entry *entry;

		if (item.kind == HAN_ITEM_CONTAINER) { /* its elements follow */
			shape->flat &= item.depth == 0 && item.tag == HAN_TAG_STRUCTURE;
			continue;
		}
		shape->flat &= item.depth > 0;
		if (is_obis(&item) && has_sibling(walk, &item)) {
			if (!take_value(shape, walk, &item))
				return HAN_ERR_LIMIT;
			shape->kind = SHAPE_TAGGED;
			continue;
		}
		entry = add(shape, walk, &item);
		if (!entry)
			return HAN_ERR_LIMIT;
	}
	return HAN_OK;
}

/* ---- push list ---- */

struct object {
	uint64_t class_id;
	uint64_t attribute;
	struct han_obis obis;
};

/* {class, code, attribute, index}. */
static bool read_object(struct han_axdr *walk, struct object *object)
{
	struct han_item item[5];

	for (int i = 0; i < 5; i++) {
		if (!han_axdr_next(walk, &item[i]))
			return false;
	}
	if (item[0].tag != HAN_TAG_STRUCTURE || item[0].count != 4 ||
	    item[1].tag != HAN_TAG_UINT16 || item[2].tag != HAN_TAG_OCTET_STRING ||
	    item[2].len != OBIS_OCTETS || item[3].tag != HAN_TAG_INT8 ||
	    item[4].tag != HAN_TAG_UINT16)
		return false;
	*object = (struct object){ item[1].magnitude, item[3].negative ? 0 : item[3].magnitude,
		                   obis_of(item[2].octets) };
	return true;
}

static bool is_push(const struct han_axdr *start)
{
	struct han_axdr walk = *start;
	struct han_item root, objects;
	struct object object;

	return han_axdr_next(&walk, &root) && root.tag == HAN_TAG_STRUCTURE &&
	       han_axdr_next(&walk, &objects) && objects.tag == HAN_TAG_ARRAY &&
	       objects.count > 0 && read_object(&walk, &object);
}

/* The value of an object. What is no value of a register or a datum (a push setup and its name, a
 * container) is passed over. */
static bool take_object(struct shape *shape, struct han_axdr *walk, const struct object *object)
{
	struct han_item value;
	struct entry *entry;

	if (!han_axdr_next(walk, &value))
		return true;
	if (value.kind == HAN_ITEM_CONTAINER) {
		skip(walk, &value);
		return true;
	}
	if (object->class_id == CLASS_PUSH || object->attribute != VALUE)
		return true;
	entry = add(shape, walk, &value);
	if (!entry)
		return false;
	entry->has_obis = true;
	entry->obis = object->obis;
	return true;
}

static bool pushes_itself(const struct han_axdr *objects)
{
	struct han_axdr ahead = *objects;
	struct object object;

	return read_object(&ahead, &object) && object.class_id == CLASS_PUSH &&
	       object.attribute == VALUE;
}

/* Where the push setup pushes itself, the list of objects is the value of the first of them. */
static enum han_err read_push(struct shape *shape, struct han_axdr *walk)
{
	struct han_item root, list;
	struct han_axdr objects;
	struct object object;
	size_t first;

	han_axdr_next(walk, &root);
	han_axdr_next(walk, &list);
	objects = *walk;
	skip(walk, &list);
	first = root.count == list.count && pushes_itself(&objects);
	if (root.count != list.count + 1 - first)
		return HAN_ERR_LIST;
	shape->kind = SHAPE_PUSH;
	for (size_t i = 0; i < list.count; i++) {
		if (!read_object(&objects, &object))
			return HAN_ERR_LIST;
		if (i >= first && !take_object(shape, walk, &object))
			return HAN_ERR_LIMIT;
	}
	return HAN_OK;
}

/* All of it once: from here on the walk cannot fail. */
static enum han_err check(const uint8_t *body, size_t len)
{
	struct han_axdr walk;
	struct han_item item;

	han_axdr_begin(&walk, body, len);
	while (han_axdr_next(&walk, &item))
		;
	return walk.cursor.err;
}

enum han_err shape_read(struct shape *shape, const uint8_t *body, size_t len)
{
	struct han_axdr walk;
	enum han_err err = check(body, len);

	if (err != HAN_OK)
		return err;
	shape->kind = SHAPE_POSITIONAL;
	shape->flat = true;
	shape->body = body;
	shape->count = 0;
	han_axdr_begin(&walk, body, len);
	return is_push(&walk) ? read_push(shape, &walk) : read_tagged(shape, &walk);
}
