/* Registers compared and subtracted, exactly: a number in steps of a power of ten. Pure.
 *
 * What does not fit into 64 bits is the largest number of steps, which compares as more than any other.
 */
#ifndef DECIMALS_H
#define DECIMALS_H

#include <stdbool.h>
#include <stdint.h>

#include <han/decimal.h>

#define DECIMALS_MAX UINT64_MAX

/* The number's magnitude in steps of 10^exp10, which is not above the number's own. */
uint64_t decimals_steps(struct han_decimal number, int exp10);

/* Below 0, 0, above 0 as a is less than, equal to, more than b. */
int decimals_compare(struct han_decimal a, struct han_decimal b);

/* Whether register, in kWh or kvarh, rose from `from` to `to` (which is not less) by no more than power_w
 * makes in that time; what each leaves out behind its last decimal counts for the meter. */
bool decimals_rise_fits(struct han_decimal from, struct han_decimal to, unsigned power_w,
                        uint64_t seconds);

#endif
