#include "peers.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

void peers_fini(struct peers *peers)
{
	free(peers->list);
	*peers = (struct peers){ 0 };
}

static bool make_room(struct peers *peers)
{
	const size_t room = peers->room ? 2 * peers->room : 8;
	struct peer *grown = NULL;

	if (peers->count < peers->room)
		return true;
	if (room <= PEERS_MAX)
		grown = realloc(peers->list, room * sizeof(*grown));
	if (!grown) {
		peers->full = true;
		return false;
	}
	peers->list = grown;
	peers->room = room;
	return true;
}

/* No client's id of ours is longer than there is room for. */
static struct peer *peer_of(struct peers *peers, const char *client, size_t len)
{
	struct peer *peer;

	for (size_t i = 0; i < peers->count; i++) {
		peer = &peers->list[i];
		if (strlen(peer->client) == len && memcmp(peer->client, client, len) == 0)
			return peer;
	}
	if (len >= PEERS_CLIENT || !make_room(peers))
		return NULL;
	peer = &peers->list[peers->count++];
	*peer = (struct peer){ 0 };
	memcpy(peer->client, client, len);
	return peer;
}

static bool is_one_of(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; name && i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static bool tells_of(const void *payload, size_t len, const char *const *names, size_t count)
{
	cJSON *info = json_parse(payload, len);
	const cJSON *name;
	bool found = false;

	cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(info, "meters"))
	{
		found |= is_one_of(names, count, cJSON_GetStringValue(name));
	}
	cJSON_Delete(info);
	return found;
}

void peers_meet(struct peers *peers, const char *levels, const void *payload, size_t len,
                const char *const *names, size_t name_count)
{
	size_t client = strcspn(levels, "/");
	const char *leaf = levels[client] ? levels + client + 1 : "";
	const bool says_info = strcmp(leaf, "info") == 0;
	struct peer *peer = NULL;

	if (says_info || strcmp(leaf, "availability") == 0)
		peer = peer_of(peers, levels, client);
	if (!peer)
		return;
	if (says_info)
		peer->serves = tells_of(payload, len, names, name_count);
	else
		peer->online = len == strlen("online") && memcmp(payload, "online", len) == 0;
}

const char *peers_serving(const struct peers *peers)
{
	for (size_t i = 0; i < peers->count; i++) {
		if (peers->list[i].online && peers->list[i].serves)
			return peers->list[i].client;
	}
	return NULL;
}

bool peers_know_it(const struct peers *peers)
{
	for (size_t i = 0; i < peers->count; i++) {
		if (peers->list[i].serves)
			return true;
	}
	return false;
}
