/* hantool lists: what can be decoded, and what can be simulated. */
#ifndef CATALOGUE_H
#define CATALOGUE_H

/* The command with its options; the program's exit status. */
int catalogue_main(int argc, char **argv);

#endif
