#include "nap.h"

#define LEARNED     8         /* frames, for the shortest of them to be the shortest there is */
#define PACED       2         /* frames, for the line to be one; */
#define PACED_MAX   16        /* more are forgotten */
#define MEASURED    16        /* one of so many frames is seen from its first octet on */
#define REGULAR     8         /* frames, for their period to be one */
#define REGULAR_MAX 512       /* after that many it may be tried again, whatever happened */
#define FAST_NS     200000    /* an octet of a line whose octets are not told apart by naps */
#define STEP_NS     2000000   /* there, instead */
#define GUARD_NS    200000    /* for who wakes late */
#define CHUNK       16        /* octets that an adapter hands over at once, */
#define CHUNK_NS    40000000  /* or those of this time */
#define IDLE_NS     500000000 /* a gap within a frame that no line has */

void nap_init(struct nap *nap, uint64_t octet_ns)
{
	*nap = (struct nap){
		.nominal_ns = octet_ns,
		.octet_ns = octet_ns - octet_ns / 50,
		.needed = REGULAR,
		.chunk = 1,
	};
}

static uint64_t clamp(uint64_t ns, uint64_t least, uint64_t most)
{
	if (ns < least)
		return least;
	return ns > most ? most : ns;
}

/* How much sooner than expected a frame may begin. */
static uint64_t margin(const struct nap *nap)
{
	return nap->jitter_ns + nap->jitter_ns / 4;
}

/* What comes faster than the line can bring it does not come from a line. When the first octet was waited for,
 * the others with it came at once, as far as an adapter does not collect them. */
static bool too_many(const struct nap *nap, size_t len, bool awaited, uint64_t now_ns)
{
	uint64_t passed = awaited ? CHUNK_NS : now_ns - nap->newest_ns + STEP_NS;

	return len > CHUNK &&
	       (uint64_t)(len - CHUNK) * (nap->nominal_ns - nap->nominal_ns / 8) > passed;
}

/* When the newest octet of a frame came whose beginning was slept through: as early as it may have been. */
static uint64_t newest_at_least(const struct nap *nap, size_t len, uint64_t now_ns)
{
	return clamp(nap->start_ns + nap->period_ns - margin(nap) + (len - 1) * nap->octet_ns,
	             now_ns - nap->chunk * nap->octet_ns, now_ns);
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
	if (nap->ahead)
		nap->newest_ns = newest_at_least(nap, len, now_ns);
	else if (awaited || nap->newest_ns + len * nap->octet_ns > now_ns)
		nap->newest_ns = now_ns;
	else
		nap->newest_ns += len * nap->octet_ns;
	if (awaited && len <= CHUNK && len > nap->chunk)
		nap->chunk = len;
	nap->pending += len;
	if (awaited && nap->first_ns == 0) {
		nap->first_ns = now_ns;
		nap->first = nap->pending;
	}
	nap->now_ns = now_ns;
	nap->len = len;
	nap->awaited = awaited;
}

/* A little at a time: whoever wakes late, at the first octet or at the last, measures wrongly. */
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
	nap->octet_ns = nap->octet_ns - nap->octet_ns / 8 + octet / 8;
}

static void distrust_period(struct nap *nap)
{
	nap->regular = 0;
	nap->needed = nap->needed * 4 < REGULAR_MAX ? nap->needed * 4 : REGULAR_MAX;
}

/* The period is that of the shortest pause; a frame that is missing does not make it longer. */
static void learn_period(struct nap *nap, uint64_t start_ns)
{
	uint64_t passed, off;

	if (nap->start_ns == 0 || start_ns <= nap->start_ns)
		return;
	passed = start_ns - nap->start_ns;
	off = passed > nap->period_ns ? passed - nap->period_ns : nap->period_ns - passed;
	if (nap->period_ns == 0 || off > nap->period_ns / 64) {
		nap->period_ns = passed;
		nap->jitter_ns = 0;
		nap->regular = 0;
		return;
	}
	nap->regular++;
	nap->jitter_ns -= nap->jitter_ns / 64;
	if (off > nap->jitter_ns)
		nap->jitter_ns = off;
	if (passed < nap->period_ns)
		nap->period_ns -= off / 4;
	else
		nap->period_ns += off / 16;
}

/* A frame that was over when the nap was: how late it is nobody knows. */
static void overslept(struct nap *nap)
{
	nap->start_ns = 0;
	if (nap->nominal_ns <= FAST_NS || nap->now_ns > nap->until_ns + nap->octet_ns / 4)
		return; /* the nap was too long, not the plan */
	if (nap->blind)
		distrust_period(nap);
	else if (nap->octet_ns > nap->nominal_ns - nap->nominal_ns / 16)
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
	uint64_t start = nap->now_ns - (len - 1) * nap->octet_ns;
	size_t behind = nap->len > nap->wanted ? nap->len - nap->wanted : 0;

	nap->frames++;
	learn_shortest(nap, behind == 0 && nap->pending < len ? nap->pending : len);
	learn_pace(nap);
	if (nap->awaited) {
		learn_period(nap, start);
		nap->start_ns = start;
	} else {
		overslept(nap);
	}
	nap->pending = behind;
	nap->first_ns = 0;
	nap->ahead = nap->blind = nap->hasty = false;
	if (nap->chunk > 1 && nap->frames % 16 == 0)
		nap->chunk--;
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
	uint64_t until = last - octet / 2 - GUARD_NS;
	bool fast = nap->nominal_ns <= FAST_NS;

	/* nothing came in the last nap: whatever this is, it is no frame on its way */
	if (now_ns - nap->newest_ns > 2 * octet + STEP_NS)
		return 0;
	if (until > now_ns + 2 * octet && (!fast || until > now_ns + STEP_NS))
		return until;
	return fast ? now_ns + STEP_NS : 0;
}

/* Over the pause, and over the first octets of the next frame. */
static uint64_t until_next(const struct nap *nap)
{
	uint64_t early = margin(nap) + nap->octet_ns / 2 + GUARD_NS;
	uint64_t frame = (nap->shortest - 1) * nap->octet_ns;

	if (nap->regular < nap->needed || nap->start_ns == 0 || margin(nap) > nap->octet_ns)
		return 0;
	if (nap->paced < PACED_MAX || nap->frames % MEASURED == 0)
		return 0; /* how fast octets come is seen only from the first on */
	return nap->start_ns + nap->period_ns + frame - early;
}

static uint64_t plan(struct nap *nap, size_t wanted, uint64_t now_ns)
{
	bool missing = nap->ahead && nap->pending == 0;
	uint64_t until = 0, most = now_ns + NAP_OCTETS_MAX * (nap->nominal_ns / 8 * 7);

	nap->ahead = false;
	if (missing) { /* the meter is late, or has stopped */
		nap->blind = false;
		nap->regular = 0;
		nap->start_ns = 0;
		return 0;
	}
	if (nap->frames < LEARNED || nap->paced < PACED || (nap->hasty && nap->paced == PACED))
		return 0;
	if (nap->pending > 0) {
		until = until_last(nap, wanted, now_ns);
		return until > most ? most : until;
	}
	until = until_next(nap);
	if (until <= now_ns || until > most)
		return 0;
	nap->ahead = nap->blind = true;
	return until;
}

uint64_t nap_until(struct nap *nap, size_t wanted, uint64_t now_ns)
{
	nap->wanted = wanted;
	nap->until_ns = plan(nap, wanted, now_ns);
	return nap->until_ns;
}
