/* What the fuzz targets share. Each takes octets as libFuzzer makes them up, and a broken promise, a
 * sanitizer's report, a time-out or too much memory is a finding.
 *
 * An input of the targets with settings begins with a few octets that choose these: FUZZ_CONTROLS.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include <han/decoder.h>

#include "../support/invariants.h"

#ifdef FUZZ_MEMORY
#include <sanitizer/msan_interface.h>
#endif

#define FUZZ_CONTROLS 4

/* Bits of the first octet; the second one starts the random numbers, the third chooses the list. */
#define FUZZ_KEY      0x01
#define FUZZ_AUTH_KEY 0x02
#define FUZZ_TITLE    0x04
#define FUZZ_REPLAY   0x08
#define FUZZ_SCALES   0x10
#define FUZZ_CLOCK    0x20 /* time passes between two parts */
#define FUZZ_AUTO     0x40 /* whatever framing comes, not the target's own */

/* The keys of the ciphered seeds. */
extern const uint8_t fuzz_key[HAN_KEY_OCTETS];
extern const uint8_t fuzz_auth_key[HAN_KEY_OCTETS];

/* What the controls choose. */
struct han_settings fuzz_settings(const uint8_t controls[FUZZ_CONTROLS],
                                  enum han_protocol protocol);

/* splitmix64 (Steele, Lea, Flood 2014): 0 … below - 1 */
size_t fuzz_dice(uint64_t *state, size_t below);

/* Tells the memory sanitizer of octets that were written where it could not see it. */
static inline void fuzz_written(const void *octets, size_t len)
{
#ifdef FUZZ_MEMORY
	__msan_unpoison(octets, len);
#else
	(void)octets;
	(void)len;
#endif
}

/* What is there from now on was never written: the memory sanitizer sees whoever reads it, and the others
 * see what comes of it. */
static inline void fuzz_forget(void *octets, size_t len)
{
#ifdef FUZZ_MEMORY
	__msan_poison(octets, len);
#else
	memset(octets, 0xA5, len);
#endif
}

/* libFuzzer's entries. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

#endif
