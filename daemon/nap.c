#include "nap.h"

#define LEARNED   8         /* frames, for the shortest of them to be the shortest there is */
#define PACED     2         /* frames, for the line to be one; */
#define PACED_MAX 16        /* more are forgotten */
#define MEASURED  16        /* of so many frames one is looked at before its last octet is due */
#define FAST_NS   200000    /* an octet of a line whose octets are not told apart by naps */
#define STEP_NS   2000000   /* there, instead */
#define GUARD_NS  200000    /* for who wakes late */
#define CHUNK     16        /* octets that an adapter hands over at once, */
#define CHUNK_NS  40000000  /* or those of this time */
#define IDLE_NS   500000000 /* a gap within a frame that no line has */

void nap_init(struct nap *nap, uint64_t octet_ns)
{
	*nap = (struct nap){ .nominal_ns = octet_ns, .octet_ns = octet_ns };
}

static uint64_t clamp(uint64_t ns, uint64_t least, uint64_t most)
{
	if (ns < least)
		return least;
	return ns > most ? most : ns;
}

/* What comes faster than the line can bring it does not come from a line. When the first octet was waited for,
 * the others with it came at once, as far as an adapter does not collect them. */
static bool too_many(const struct nap *nap, size_t len, bool awaited, uint64_t now_ns)
{
	uint64_t passed = awaited ? CHUNK_NS : now_ns - nap->newest_ns + STEP_NS;

	return len > CHUNK &&
	       (uint64_t)(len - CHUNK) * (nap->nominal_ns - nap->nominal_ns / 8) > passed;
}

void nap_octets(struct nap *nap, size_t len, bool awaited, uint64_t now_ns)
{
	if (awaited && now_ns - nap->newest_ns > IDLE_NS) {
		nap->pending = 0;
		nap->first_ns = 0;
		nap->hasty = false;
	}
	if (too_many(nap, len, awaited, now_ns))
		nap->hasty = true;
	if (awaited || nap->newest_ns + len * nap->octet_ns > now_ns)
		nap->newest_ns = now_ns;
	else
		nap->newest_ns += len * nap->octet_ns;
	nap->pending += len;
	if (awaited && nap->first_ns == 0) {
		nap->first_ns = now_ns;
		nap->first = nap->pending;
	}
	nap->now_ns = now_ns;
	nap->len = len;
	nap->awaited = awaited;
}

/* From frames whose last octet was waited for. A little at a time: whoever wakes late, at the first octet or at
 * the last, measures wrongly. */
static void learn_pace(struct nap *nap)
{
	uint64_t nominal = nap->nominal_ns, octet, most = nap->octet_ns / 64;

	if (nap->hasty) /* once it may be the machine that was late */
		nap->paced = nap->paced > PACED ? PACED : 0;
	if (nap->hasty || !nap->awaited || nap->first_ns == 0 || nap->pending < nap->first + 8)
		return;
	octet = (nap->now_ns - nap->first_ns) / (nap->pending - nap->first);
	if (octet < nominal - nominal / 6 || octet > nominal + nominal / 3)
		nap->paced /= 2;
	else if (nap->paced < PACED_MAX)
		nap->paced++;
	octet = clamp(octet, nominal - nominal / 16, nominal + nominal / 16);
	octet = clamp(octet, nap->octet_ns - most, nap->octet_ns + most);
	nap->octet_ns = nap->octet_ns - nap->octet_ns / 4 + octet / 4;
}

static bool is_measured(const struct nap *nap)
{
	return nap->frames % MEASURED == 0;
}

/* It was to end before the last octet was there: the pace is faster than was thought. */
static void overslept(struct nap *nap)
{
	if (is_measured(nap) && nap->octet_ns > nap->nominal_ns - nap->nominal_ns / 16)
		nap->octet_ns -= nap->octet_ns / 128;
}

/* As octets of its own: an HDLC frame may begin with the flag that ended the one before. */
static void learn_shortest(struct nap *nap, size_t len)
{
	if (len > 0 && (nap->shortest == 0 || len < nap->shortest))
		nap->shortest = len;
}

/* Octets behind a frame are of the next one, perhaps. */
void nap_frame(struct nap *nap, size_t len)
{
	size_t behind = nap->len > nap->wanted ? nap->len - nap->wanted : 0;

	learn_shortest(nap, behind == 0 && nap->pending < len ? nap->pending : len);
	learn_pace(nap);
	if (!nap->awaited)
		overslept(nap);
	nap->frames++;
	nap->pending = behind;
	nap->first_ns = 0;
	nap->hasty = false;
}

/* How many octets the frame lacks, at least. */
static size_t lacking(const struct nap *nap, size_t wanted)
{
	size_t rest = nap->shortest > nap->pending ? nap->shortest - nap->pending : 0;

	return rest > wanted ? rest : wanted;
}

static uint64_t until_last(const struct nap *nap, size_t wanted, uint64_t now_ns)
{
	uint64_t octet = nap->octet_ns;
	uint64_t last = nap->newest_ns + lacking(nap, wanted) * octet;
	uint64_t until = is_measured(nap) ? last - octet / 2 - GUARD_NS : last + octet / 3;
	bool fast = nap->nominal_ns <= FAST_NS;

	/* nothing came in the last nap: whatever this is, it is no frame on its way */
	if (now_ns - nap->newest_ns > 2 * octet + STEP_NS)
		return 0;
	if (last > now_ns + 2 * octet && until > now_ns && (!fast || until > now_ns + STEP_NS))
		return until;
	return fast ? now_ns + STEP_NS : 0;
}

bool nap_works(const struct nap *nap)
{
	return nap->frames >= LEARNED && nap->paced >= PACED &&
	       !(nap->hasty && nap->paced == PACED);
}

uint64_t nap_until(struct nap *nap, size_t wanted, uint64_t now_ns)
{
	uint64_t most = now_ns + NAP_OCTETS_MAX * (nap->nominal_ns / 8 * 7), until;

	nap->wanted = wanted;
	if (!nap_works(nap) || nap->pending == 0)
		return 0;
	until = until_last(nap, wanted, now_ns);
	return until > most ? most : until;
}
