/* Powers and energies as exact decimals, and as the whole mW and mJ that one can calculate with. Pure. */
#ifndef AMOUNT_H
#define AMOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include <han/decimal.h>

/* A power in W; what is below a mW is cut off. False for one below 0 or beyond 1 GW. */
bool amount_mw(struct han_decimal w, uint64_t *mw);

/* An energy in kWh, and what its last digit stands for, at least a mJ. False for one below 0 or beyond 1 TWh. */
bool amount_mj(struct han_decimal kwh, uint64_t *mj, uint64_t *step_mj);

/* What was printed: "11589.514". False for anything else than a plain number that is not below 0. */
bool amount_read(const char *text, struct han_decimal *number);

#endif
