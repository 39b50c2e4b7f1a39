/* hantool decode: one JSON object per message on standard output, a line per refusal on standard error. */
#ifndef DECODE_H
#define DECODE_H

/* The command with its options; the program's exit status. */
int decode_main(int argc, char **argv);

#endif
