/* Binary floating-point numbers as the wire has them (IEEE 754 binary32 and binary64; float32 and
 * float64 of DLMS Blue Book 4.1.5), made decimal in integer arithmetic.
 *
 * Of all decimals that read back as the same number, to the nearest and between two to the even one, the
 * result has the fewest digits; of those it is the closest to the exact value, and of two as close the
 * one with the even last digit. So 0.1 is 1 x 10^-1, and 230 is 23 x 10^1.
 */
#ifndef REAL_H
#define REAL_H

#include <stdint.h>

#include <han/decimal.h>
#include <han/error.h>

/* bits: sign, exponent and fraction as one number, the sign on top. Zero, also minus zero, is magnitude 0
 * and not negative, exp10 0.
 *
 * HAN_ERR_NUMBER: infinite, not a number, or outside a han_decimal: its last digit stands behind the
 * fortieth decimal, or it is UINT64_MAX x 10^40 and more. *out is then as it was. */
enum han_err real_read32(uint32_t bits, struct han_decimal *out);
enum han_err real_read64(uint64_t bits, struct han_decimal *out);

#endif
